"""Every error has a code that clients know, and a status."""

import pytest

from tastemaker import errors
from tastemaker.errors import TastemakerError
from tastemaker.wire.models import SERVICES, service_model

OWN = {
    "AccessDeniedException",
    "InternalServerError",
    "NotImplementedException",
    "SerializationException",
    "ServiceUnavailableException",
    "UnknownOperationException",
}
"""Codes that are common to services of AWS, and are in no service model."""
ALL = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, TastemakerError)]


@pytest.mark.parametrize("error", ALL)
def test_code_is_an_exception_of_the_service_or_common_to_aws(error: type[TastemakerError]) -> None:
    modeled = {shape for name in SERVICES for shape in service_model(name).shape_names}
    assert error.code in modeled | OWN
    assert 400 <= error.status < 600


def test_message_is_what_the_error_says() -> None:
    assert errors.InvalidInput("name is missing").message == "name is missing"

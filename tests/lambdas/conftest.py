"""Every call of AWS in these tests is held to botocore's model of the service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.aws_models import violations

OUR_API = ("personalize", "personalize-runtime", "personalize-events", "tastemaker")
"""Services that we provide. Tests send them wrong values on purpose."""


@pytest.fixture(autouse=True)
def valid_calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Fail the test if a call of AWS has a value that the service's model excludes.

    botocore checks types and names of members, and moto accepts most values: AWS is less patient.
    """
    found: list[str] = []
    original = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
        model = client.meta.service_model
        if model.service_name not in OUR_API:
            shape = model.operation_model(operation).input_shape
            found.extend(violations(params, shape, f"{model.service_name}:{operation}"))
        return original(client, operation, params)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    yield found
    assert found == []

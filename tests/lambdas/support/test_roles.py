from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.support.roles import assume, trust_statement
from tastemaker.failures import AccessRefused


class UntrustingSession:
    """A session whose STS assumes no role."""

    region_name = "eu-west-1"

    def client(self, name: str) -> "UntrustingSession":
        return self

    def assume_role(self, **request: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRole")

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:sts::123456789012:assumed-role/import-role/session"}


def test_role_that_does_not_trust_the_function_gets_the_statement_to_add() -> None:
    with pytest.raises(AccessRefused) as caught:
        assume(UntrustingSession(), "arn:aws:iam::123456789012:role/PersonalizeRole")  # type: ignore[arg-type]
    assert (
        '{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/import-role"}, '
        '"Action": "sts:AssumeRole"}'
    ) in str(caught.value)
    assert "PersonalizeRole" in str(caught.value)
    assert "user/ann" in trust_statement("arn:aws:iam::1:user/ann")

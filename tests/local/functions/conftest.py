"""Functions that a program creates."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tests.local.conftest import unique


def code(text: str) -> bytes:
    """A deployment package with one module, `mine`."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("mine.py", text)
    return data.getvalue()


@pytest.fixture
def create(local):
    """Create a function over the API, as a program does: its name."""
    iam, client = local.client("iam"), local.client("lambda")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}

    def call(text: str, **more) -> str:
        name = unique("mine")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        given = {"Runtime": "python3.12", "Handler": "mine.handler", "Code": {"ZipFile": code(text)}} | more
        client.create_function(FunctionName=name, Role=role["Role"]["Arn"], **given)
        return name

    return call

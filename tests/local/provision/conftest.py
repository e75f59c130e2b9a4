"""Deploy a small template, and expect it to be accepted or refused."""

from __future__ import annotations

import pytest

from local.account import Account
from local.assembly import Assembly
from local.iam.roles import Roles
from local.provision import Deployment, ProvisionError, provision
from tests.local import tiny
from tests.local.conftest import unique


@pytest.fixture
def accepted(local, tmp_path):
    """Provision a template with these resources."""

    def create(**more):
        declared = {"FnRole": tiny.role("lambda.amazonaws.com"), **more}
        assembly = Assembly(tiny.write_assembly(tmp_path, declared))
        account = Account(local.endpoint, local.account.region)
        deployment = Deployment(account, unique("other"), assembly, Roles(account))
        provision(assembly.template(account.region, account.partition), deployment, lambda _: None)

    return create


@pytest.fixture
def refused(accepted):
    """Provision a template that is refused: the reason."""

    def reason(**more):
        with pytest.raises(ProvisionError) as error:
            accepted(**more)
        return str(error.value)

    return reason

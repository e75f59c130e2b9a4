"""The code of `docs/how-to/add-an-operation.md` works as it stands, from the model to the paginator."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.model import ServiceModel

from scripts.client_models import TARGET
from tastemaker.control.core.quotas import DOCUMENTED, Quotas
from tastemaker.wire import Service
from tests.contract.server import running

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "add-an-operation.md").read_text()
FOLDER = Path("tastemaker") / "2026-11-28"


def blocks(language: str) -> list[str]:
    """The code blocks of the page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Client models with what the page adds to them."""
    operation, shapes, paginator = map(json.loads, blocks("json"))
    root = tmp_path_factory.mktemp("models")
    (root / FOLDER).mkdir(parents=True)
    model = json.loads((TARGET / FOLDER / "service-2.json").read_text())
    model["operations"] |= operation
    model["shapes"] |= shapes
    (root / FOLDER / "service-2.json").write_text(json.dumps(model))
    (root / FOLDER / "paginators-1.json").write_text(json.dumps({"pagination": paginator}))
    return root


@pytest.fixture(scope="module")
def client(models: Path) -> Iterator[Any]:
    module, entry = blocks("python")
    names: dict[str, Any] = {}
    exec(module, names)
    operation: Callable[[dict[str, Any]], Any] = eval(
        entry.partition(": ")[2].strip().rstrip(","),
        {**names, "settings": type("Settings", (), {"quotas": {"schemas": 7}}), "Quotas": Quotas},
    )
    model = ServiceModel(json.loads((models / FOLDER / "service-2.json").read_text()), "tastemaker")
    with (
        running(Service("tastemaker", lambda name: model), {"ListQuotas": operation}) as endpoint,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("AWS_DATA_PATH", str(models))
        yield boto3.Session("key", "secret", region_name="eu-west-1").client(
            "tastemaker", endpoint_url=endpoint
        )


def test_operation_of_the_page_is_served(client):
    quotas = {quota["name"]: quota for quota in client.list_quotas()["quotas"]}
    assert quotas.keys() == DOCUMENTED.keys()
    assert quotas["schemas"] == {"name": "schemas", "serviceDefault": 500, "limit": 7}


def test_paginator_of_the_page_reads_every_page(client):
    pages = list(client.get_paginator("list_quotas").paginate(PaginationConfig={"PageSize": 5}))
    names = [quota["name"] for page in pages for quota in page["quotas"]]
    assert names == sorted(DOCUMENTED) and all(len(page["quotas"]) <= 5 for page in pages)


def test_constraints_of_the_page_are_enforced(client):
    with pytest.raises(ParamValidationError):
        client.list_quotas(maxResults=0)
    with pytest.raises(ClientError, match="less than or equal to 100"):
        client.list_quotas(maxResults=101)
    with pytest.raises(client.exceptions.InvalidNextTokenException):
        client.list_quotas(nextToken="unknown")

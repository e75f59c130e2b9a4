"""`load` and `train` against a service whose jobs end at once."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.service import FakeService, running
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world
from tests.tastemaker.detection.shapes import facts, retailrocket

PLACE = ("--bucket", "shop-data", "--role", "arn:aws:iam::123456789012:role/Reader", "--yes")


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:
    with running(world(), at_once=True) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.endpoint)
        yield service


def test_load_imports_and_adds_and_train_serves(bare: Command, fresh: FakeService, tmp_path: Path) -> None:
    path = retailrocket(tmp_path, list(facts(users=80, each=14)))
    jobs = json.loads(bare("load", str(path), "--group", "shop", "--json", *PLACE).out)["jobs"]
    assert jobs["INTERACTIONS"]["importMode"] == "FULL"
    added = json.loads(bare("load", str(path), "--group", "shop", "--add", "--json", *PLACE).out)["jobs"]
    assert added["INTERACTIONS"]["importMode"] == "INCREMENTAL"
    assert {key.split("/")[0] for key in fresh.uploads} == {"shop-data"}
    trained = bare("train", "shop", "--recipe", "popular,similar")
    assert trained.code == 0 and "campaign/shop-popular" in trained.out
    (again,) = json.loads(bare("train", "shop", "--recipe", "popular", "--no-campaign", "--json").out)
    assert again["campaign"] == "" and "/shop-popular-" in again["solution"]  # the name is taken


def test_file_that_lacks_a_field_of_the_dataset_is_refused(
    bare: Command, fresh: FakeService, tmp_path: Path
) -> None:
    wide = shop.avro("Interactions", {"name": "DEVICE", "type": "string"})
    schema = fresh.world.call("CreateSchema", name="wide", schema=wide)["schemaArn"]
    shop.dataset(fresh.world, shop.group(fresh.world, "shop"), schema_arn=schema)
    path = retailrocket(tmp_path, list(facts()))
    result = bare("load", str(path), "--group", "shop", *PLACE)
    assert result.code == 2 and "DEVICE" in result.err and "--group" in result.err


def test_list_of_recipes_without_a_name_is_refused_with_the_names(bare: Command, fresh: FakeService) -> None:
    shop.group(fresh.world, "shop")
    result = bare("train", "shop", "--recipe", " , ")
    assert result.code == 2 and "popular,similar,for-you" in result.err

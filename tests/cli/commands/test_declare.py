"""Plan, diff, apply, destroy and export on the command line, over HTTP."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from tastemaker.declaration.rehearsal import Rehearsal
from tests.cli.conftest import Command
from tests.cli.service import running
from tests.standard_schemas import avro

FILE = """\
variables: {tps: 1, bucket: data}
environments:
  dev:
  prod: {tps: 5}
namePrefix: ${environment}-
datasetGroups:
  shop:
schemas:
  events: {schema: {file: events.avsc}}
datasets:
  interactions: {schema: events}
filters:
  unseen:
    filterExpression: EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")
solutions:
  for-you: {recipe: aws-user-personalization-v2}
campaigns:
  home:
    solution: for-you
    minProvisionedTPS: ${tps}
"""


@pytest.fixture
def declare(bare: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs commands against an empty service whose workflows succeed, in a folder with a declaration."""
    here, ended = Rehearsal(), threading.Event()

    (tmp_path / "events.avsc").write_text(avro("Interactions"))
    (tmp_path / "shop.yaml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    with running(SimpleNamespace(control=here.control)) as service:  # type: ignore[arg-type]
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.endpoint)

        def work() -> None:
            while not ended.wait(0.05):
                with service.lock:
                    here.finish()

        thread = threading.Thread(target=work)
        thread.start()
        yield bare
        ended.set()
        thread.join()


def edit(before: str, after: str) -> None:
    path = Path("shop.yaml")
    path.write_text(path.read_text().replace(before, after))


def test_file_is_planned_applied_changed_exported_and_destroyed(declare: Command) -> None:
    planned = declare("plan", "shop.yaml", "-e", "prod")
    assert planned.code == 0 and "Plan: 6 to create." in planned.out
    assert "+   create    campaigns.home  prod-home  shop.yaml:18" in planned.out
    applied = declare("apply", "shop.yaml", "-e", "prod")
    assert applied.code == 0 and "campaign/prod-home" in applied.out and "created" in applied.err
    assert declare("diff", "shop.yaml", "-e", "prod").code == 0

    changed = declare("diff", "shop.yaml", "-e", "prod", "--var", "tps=7")
    assert changed.code == 1 and "minProvisionedTPS: 5 → 7" in changed.out
    edit('"buy"', '"view"')
    refused = declare("apply", "shop.yaml", "-e", "prod")
    assert refused.code == 2 and "--allow-replacement" in refused.err
    replaced = declare("apply", "shop.yaml", "-e", "prod", "--allow-replacement", "--json")
    document = replaced.out[replaced.out.index("{\n") :]  # after the log of the service in this process
    assert replaced.code == 0 and json.loads(document)["summary"]["replace"] == 1

    exported = declare("export", "prod-shop", "-o", "copy.yaml")
    assert exported.code == 0 and "unseen" in Path("copy.yaml").read_text()
    assert json.loads(declare("plan", "copy.yaml", "--json").out)["summary"]["nothing"] == 6

    refused = declare("destroy", "shop.yaml", "-e", "prod")
    assert refused.code == 2 and "6 resources are deleted with their data" in refused.err
    assert declare("destroy", "shop.yaml", "-e", "prod", "--yes").code == 0
    assert "Plan: 6 to create." in declare("plan", "shop.yaml", "-e", "prod").out


def test_two_environments_are_two_groups_side_by_side(declare: Command) -> None:
    for environment in ("dev", "prod"):
        assert declare("apply", "shop.yaml", "-e", environment).code == 0
    groups = json.loads(declare("status", "--json").out)["datasetGroups"]
    assert sorted(one["name"] for one in groups) == ["dev-shop", "prod-shop"]


def test_pruning_asks_and_leaves_nothing_that_is_not_declared(declare: Command) -> None:
    assert declare("apply", "shop.yaml", "-e", "dev").code == 0
    value = yaml.safe_load(Path("shop.yaml").read_text())
    del value["filters"]
    Path("shop.yaml").write_text(yaml.safe_dump(value))
    kept = declare("apply", "shop.yaml", "-e", "dev")
    assert kept.code == 0 and "not declared: Filter dev-unseen" in kept.out
    refused = declare("apply", "shop.yaml", "-e", "dev", "--prune")
    assert refused.code == 2 and "Filter dev-unseen loses" in refused.err
    assert declare("apply", "shop.yaml", "-e", "dev", "--prune", "--yes").code == 0
    assert declare("diff", "shop.yaml", "-e", "dev").code == 0


def test_error_names_the_line_and_nothing_is_called(declare: Command) -> None:
    edit("recipe: aws-user-personalization-v2", "recipe: aws-nothing")
    edit("minProvisionedTPS", "minProvisonedTPS")
    result = declare("apply", "shop.yaml", "-e", "dev")
    assert result.code == 2 and "shop.yaml:20: There is no property 'minProvisonedTPS'" in result.err
    assert "has 1 error. Nothing was called." in result.err and result.out == ""


def test_failure_says_what_failed_and_how_to_go_on(declare: Command) -> None:
    declare("apply", "shop.yaml", "-e", "dev")
    other = Path("shop.yaml").read_text().replace("  shop:\n", "  shop: {name: other}\n")
    Path("other.yaml").write_text(other)
    result = declare("apply", "other.yaml", "-e", "dev")
    assert result.code == 2 and "filters.unseen failed (other.yaml:13)" in result.err
    assert "declare another name" in result.err and "run the same command again" in result.err


def test_json_schema_is_printed_without_a_service(bare: Command) -> None:
    assert json.loads(bare("export", "--json-schema").out)["title"] == "Tastemaker declaration"


def test_variable_without_a_value_is_refused(declare: Command) -> None:
    assert "NAME=VALUE" in declare("plan", "shop.yaml", "--var", "tps").err

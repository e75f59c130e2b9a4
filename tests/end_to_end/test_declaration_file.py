"""A declaration file against the whole service: applied, changed, exported, and destroyed."""

import json
from pathlib import Path

import pytest

from cli.__main__ import run
from tests.end_to_end import shop
from tests.end_to_end.store import SCHEMAS, Store

FILE = """\
namePrefix: ${environment}-
environments: {declared: {}}
datasetGroups:
  shop:
schemas:
  events: {schema: {file: events.avsc}}
datasets:
  interactions: {schema: events}
datasetImportJobs:
  first: {dataset: interactions, dataSource: {dataLocation: "${data}"}, roleArn: "${role}"}
eventTrackers:
  web:
filters:
  unseen: {filterExpression: 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")'}
solutions:
  popular: {recipe: aws-popularity-count, performAutoTraining: false}
solutionVersions:
  v1: {solution: popular}
campaigns:
  home: {solution: popular}
"""


def test_one_command_makes_a_shop_that_recommends(
    endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(endpoint, "declared-file")
    data = store.put("interactions.csv", shop.interactions_csv())
    avro = {"type": "record", "name": "Interactions", "namespace": "com.amazonaws.personalize.schema"}
    (tmp_path / "events.avsc").write_text(
        json.dumps({**avro, "fields": SCHEMAS["Interactions"], "version": "1.0"})
    )
    path = tmp_path / "shop.yaml"
    path.write_text(FILE)

    def command(name: str, *arguments: str) -> tuple[int, str]:
        variables = ("-e", "declared", "--var", f"data={data}", "--var", f"role={store.role}")
        code = run([name, str(path), "--endpoint", endpoint, *variables, *arguments])
        return code, capsys.readouterr().out

    code, printed = command("apply", "--wait", "--json")
    assert code == 0, printed
    made = {one["id"]: one for one in json.loads(printed)["resources"]}
    assert {one["status"] for one in made.values()} <= {"ACTIVE", None}
    runtime = store.client("personalize-runtime")
    answer = runtime.get_recommendations(campaignArn=made["campaigns.home"]["arn"], userId="customer-1")
    assert answer["itemList"]

    copy = tmp_path / "copy.yaml"
    assert run(["export", "declared-shop", "-o", str(copy), "--endpoint", endpoint]) == 0
    assert run(["diff", str(copy), "--endpoint", endpoint]) == 0
    capsys.readouterr()

    assert command("destroy", "--yes")[0] == 0
    groups = store.personalize.list_dataset_groups()["datasetGroups"]
    assert "declared-shop" not in [one["name"] for one in groups]

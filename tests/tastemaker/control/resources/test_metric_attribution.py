"""Metric attributions: their rules, and the plan of each run."""

from collections.abc import Mapping
from typing import Any

import pytest

from tastemaker.control.resources.metric_attribution import MAX_IMPORTS
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import InvalidInput, ResourceAlreadyExists, ResourceInUse, ResourceNotFound
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import World, world

COUNT = {"eventType": "watch", "metricName": "count", "expression": "SAMPLECOUNT()"}


def metric(name: str, expression: str) -> dict[str, str]:
    return {"eventType": "watch", "metricName": name, "expression": expression}


def create(here: World, group: str, *metrics: Mapping[str, str], name: str = "m", **output: Any) -> str:
    return here.call(
        "CreateMetricAttribution",
        name=name,
        datasetGroupArn=group,
        metrics=list(metrics or [COUNT]),
        metricsOutputConfig={"roleArn": shop.ROLE, **output},
    )["metricAttributionArn"]


@pytest.fixture
def here() -> World:
    return world()


@pytest.fixture
def films(here: World) -> tuple[str, str]:
    """A group with data: (group, interactions)."""
    found = shop.shop(here)
    shop.dataset(here, found[0], "Items")
    return found


@pytest.mark.parametrize(
    "bad", ["COUNT()", "SUM(Items.GENRES)", "SUM(Items.NOTHING)", "SUM(Interactions.USER_ID)"]
)
def test_invalid_metric_expressions_are_refused(here: World, films: tuple[str, str], bad: str) -> None:
    with pytest.raises(InvalidInput):
        create(here, films[0], metric("x", bad))


def test_metric_names_must_be_unique_and_at_most_ten(here: World, films: tuple[str, str]) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        here.call(
            "CreateMetricAttribution",
            name="m",
            datasetGroupArn=films[0],
            metrics=[],
            metricsOutputConfig={"roleArn": shop.ROLE},
        )
    with pytest.raises(InvalidInput, match="a name of its own"):
        create(here, films[0], COUNT, {**COUNT, "metricName": "Count"})  # figures are named in capitals
    with pytest.raises(InvalidInput, match="s3://"):
        create(here, films[0], s3DataDestination={"path": "https://out/"})


def test_metrics_need_an_event_type_column(here: World) -> None:
    text = shop.avro().replace(', {"name": "EVENT_TYPE", "type": "string"}', "")
    assert "EVENT_TYPE" not in text
    schema = here.call("CreateSchema", name="bare", schema=text)["schemaArn"]
    group = shop.group(here)
    shop.dataset(here, group, schema_arn=schema)
    with pytest.raises(InvalidInput, match="EVENT_TYPE"):
        create(here, group)


def test_group_has_one_metric_attribution(here: World, films: tuple[str, str]) -> None:
    create(here, films[0])
    with pytest.raises(ResourceAlreadyExists):
        create(here, films[0], name="second")


def test_creation_starts_a_run_and_schedules_one_every_quarter_of_an_hour(
    here: World, films: tuple[str, str]
) -> None:
    arn = create(here, films[0])
    assert here.workflows.last == ("attribution", {"metricAttributionArn": arn})
    (schedule,) = here.workflows.schedules.values()
    assert (schedule["workflow"], schedule["every"]) == ("attribution", 900.0)
    assert schedule["request"] == {"metricAttributionArn": arn}
    record = here.control.records.find_any(arn)
    assert record.status == "CREATE PENDING" and schedule["first_at"] >= record.created_at + 900
    shop.finish_report(here, arn)
    assert here.control.records.find_any(arn).status == "ACTIVE"


def test_metric_attribution_blocks_deletion_of_its_group(here: World) -> None:
    group = shop.group(here)
    arn = create(here, group)
    with pytest.raises(ResourceInUse, match=arn):
        here.call("DeleteDatasetGroup", datasetGroupArn=group)


def test_update_is_in_force_at_once(here: World, films: tuple[str, str]) -> None:
    arn = create(here, films[0], COUNT, metric("income", "SUM(Items.PRICE)"))
    shop.finish_report(here, arn)
    update = {"removeMetrics": ["count"], "addMetrics": [metric("value", "SUM(Interactions.EVENT_VALUE)")]}
    here.call("UpdateMetricAttribution", metricAttributionArn=arn, **update)
    listed = here.call("ListMetricAttributionMetrics", metricAttributionArn=arn)["metrics"]
    assert (
        [one["metricName"] for one in listed]
        == ["income", "value"]
        == [one["metricName"] for one in shop.finish_report(here, arn)["metrics"]]
    )
    with pytest.raises(InvalidInput, match="count"):
        here.call("UpdateMetricAttribution", metricAttributionArn=arn, removeMetrics=["count"])
    with pytest.raises(ResourceAlreadyExists):
        here.call(
            "UpdateMetricAttribution", metricAttributionArn=arn, addMetrics=[metric("value", "SAMPLECOUNT()")]
        )


def test_attribution_plan(here: World, films: tuple[str, str]) -> None:
    group, _ = films
    solution = shop.solution(here, group)
    home = shop.deployed(here, shop.trained(here, solution))
    arn = create(here, group, s3DataDestination={"path": "s3://out/reports/", "kmsKeyArn": "key"})
    plan = shop.finish_report(here, arn)
    assert plan["sources"] == [home]
    assert plan["events"] == "groups/films.00000002/events/"
    assert plan["folder"].startswith("groups/films.00000001/attribution/m-")
    assert (plan["output"], plan["kmsKeyArn"], plan["roleArn"]) == ("s3://out/reports/", "key", shop.ROLE)
    assert (
        plan["items"]["catalog"] == shop.storage(here, group, "ITEMS").catalog
        and plan["items"]["imports"] == []
    )
    assert plan["imports"] == []  # what was imported before it was created


def test_each_import_is_in_one_plan(here: World, films: tuple[str, str]) -> None:
    group, interactions = films
    arn = create(here, group)
    shop.imported(here, interactions, "silent")  # FULL, without a report
    shop.imported(here, interactions, "full", publishAttributionMetricsToS3=True)
    shop.imported(here, interactions, "more", importMode="INCREMENTAL")
    shop.import_job(here, interactions, "slow", importMode="INCREMENTAL")
    found = shop.finish_report(here, arn)["imports"]
    assert [(one["name"], one["toCloudWatch"], one["toS3"]) for one in found] == [
        ("full", False, True),
        ("more", True, False),
    ]
    assert found[1]["prefix"] == "groups/films.00000001/datasets/INTERACTIONS.00000002/more/"
    assert shop.finish_report(here, arn)["imports"] == []


def test_import_that_ends_during_a_run_is_left_to_the_next_run(here: World, films: tuple[str, str]) -> None:
    arn = create(here, films[0])
    steps, request = WorkflowSteps(here.control), {"metricAttributionArn": arn}
    plan = steps.begin("attribution", request, "e")
    job = shop.import_job(here, films[1], "slow", importMode="INCREMENTAL")
    importing = steps.begin("import", {"datasetImportJobArn": job}, "i")
    for _ in range(2):
        steps.succeed("import", {"datasetImportJobArn": job}, importing, {"rows": 1})
    steps.succeed("attribution", request, plan, {})
    assert [one["name"] for one in shop.finish_report(here, arn)["imports"]] == ["slow"]


def test_imports_of_other_datasets_and_groups_are_not_reported(here: World, films: tuple[str, str]) -> None:
    arn = create(here, films[0])
    users = shop.dataset(here, films[0], "Users")
    books = shop.dataset(here, shop.group(here, "books"), schema_arn=shop.schema(here, name="books"))
    for number, dataset in enumerate((users, books)):
        shop.imported(here, dataset, f"other-{number}", publishAttributionMetricsToS3=True)
    assert shop.finish_report(here, arn)["imports"] == []


def test_failed_run_leaves_its_imports_to_the_next_run(here: World, films: tuple[str, str]) -> None:
    arn = create(here, films[0])
    shop.finish_report(here, arn)
    shop.imported(here, films[1], "more", importMode="INCREMENTAL")
    steps, request = WorkflowSteps(here.control), {"metricAttributionArn": arn}
    plan = steps.begin("attribution", request, "e1")
    before = here.control.records.find_any(arn).body["lastUpdatedDateTime"]
    steps.fail("attribution", request, plan, {"Cause": "no such bucket"}, "e1")
    body = here.control.records.find_any(arn).body
    assert (body["status"], body["failureReason"]) == ("ACTIVE", "no such bucket")
    assert body["lastUpdatedDateTime"] == before  # a run is no update
    assert shop.finish_report(here, arn)["imports"] == plan["imports"] != []
    assert "failureReason" not in here.control.records.find_any(arn).body


def test_timed_out_run_stores_the_reason(here: World, films: tuple[str, str]) -> None:
    arn = create(here, films[0])
    shop.finish_report(here, arn)
    steps, request = WorkflowSteps(here.control), {"metricAttributionArn": arn}
    steps.begin("attribution", request, "e1")
    steps.settle("attribution", request, {"Error": "TIMED_OUT"}, "e1")
    body = here.control.records.find_any(arn).body
    assert body["status"] == "ACTIVE" and body["failureReason"]


def test_failed_first_run_can_be_started_again(here: World, films: tuple[str, str]) -> None:
    arn = create(here, films[0])
    steps, request = WorkflowSteps(here.control), {"metricAttributionArn": arn}
    plan = steps.begin("attribution", request, "e1")
    with pytest.raises(ResourceInUse):
        steps.begin("attribution", request, "e2")
    steps.fail("attribution", request, plan, {"Cause": "no such bucket"}, "e1")
    assert here.control.records.find_any(arn).status == "CREATE FAILED"
    shop.finish_report(here, arn)
    assert here.control.records.find_any(arn).status == "ACTIVE"


def test_plan_has_a_limited_number_of_imports(here: World, films: tuple[str, str]) -> None:
    arn = create(here, films[0])
    shop.finish_report(here, arn)
    for number in range(MAX_IMPORTS + 2):
        shop.imported(here, films[1], f"job-{number}", importMode="INCREMENTAL")
    first, second = shop.finish_report(here, arn)["imports"], shop.finish_report(here, arn)["imports"]
    assert len(first) == MAX_IMPORTS and len(second) == 2
    assert [one["name"] for one in second] == [f"job-{MAX_IMPORTS}", f"job-{MAX_IMPORTS + 1}"]


def test_deletion_removes_the_schedule_and_the_counts(here: World, films: tuple[str, str]) -> None:
    arn = create(here, films[0])
    with pytest.raises(ResourceInUse):
        here.call("DeleteMetricAttribution", metricAttributionArn=arn)
    folder = shop.finish_report(here, arn)["folder"]
    here.call("DeleteMetricAttribution", metricAttributionArn=arn)
    assert here.workflows.schedules == {}
    with pytest.raises(ResourceInUse):
        WorkflowSteps(here.control).begin("attribution", {"metricAttributionArn": arn}, "late")
    assert shop.finish_deletion(here, arn)["prefixes"] == [folder]
    with pytest.raises(ResourceNotFound):
        here.call("DescribeMetricAttribution", metricAttributionArn=arn)
    assert create(here, films[0]) == arn

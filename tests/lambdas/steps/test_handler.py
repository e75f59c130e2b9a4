"""The steps function on AWS in memory, with records that the control plane's own code made."""

import io
import itertools
import json
import threading
import time

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.stub import Stubber

from lambdas.steps.handler import WARMING_CONFIG, Steps
from lambdas.steps.purging import Tables, purge
from lambdas.steps.warming import WarmingError, warm
from lambdas.stores.lake import LakeBucket
from lambdas.stores.precomputed import PrecomputedTable
from lambdas.stores.profile_writer import ProfileWriter
from lambdas.stores.records import ResourceTable
from lambdas.support.settings import Settings
from tastemaker.contracts.lake_layout import deletion_mark
from tastemaker.contracts.table_keys import profile_index_of
from tastemaker.errors import InvalidInput
from tests.lambdas.aws import LAKE, TABLE
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import SCOPE, world

EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:import:one"


@pytest.fixture
def here(resources_table, other_tables, lake_client):
    made = world(repository=ResourceTable(resources_table, TABLE))
    made.clock.now = time.time()  # the function's own
    return made


@pytest.fixture
def steps(here):
    environ = {
        "AWS_REGION": "eu-west-1",
        "TASTEMAKER_RESOURCES_TABLE": TABLE,
        "TASTEMAKER_LAKE_BUCKET": LAKE,
        "TASTEMAKER_PROFILES_TABLE": "profiles",
        "TASTEMAKER_CATALOG_TABLE": "catalog",
        "TASTEMAKER_RECOMMENDATIONS_TABLE": "recommendations",
        "TASTEMAKER_RUNTIME_FUNCTION": "runtime",
    }
    return Steps(Settings(environ), SCOPE.account)


def run(steps, action, workflow, request, **more):
    event = {"action": action, "workflow": workflow, "input": request, "executionArn": EXECUTION, **more}
    return steps.run(event, 300.0)


def test_steps_of_an_import_and_a_training(here, steps, lake_client):
    lake = LakeBucket(lake_client, LAKE)
    group_arn = imported(here, steps, lake)
    version_arn = shop.version(here, shop.solution(here, group_arn))
    request = {"solutionVersionArn": version_arn}
    plan = run(steps, "begin", "train", request)
    assert json.loads(lake.read(plan["configKey"]))["recipe"] == "aws-user-personalization-v2"
    assert plan["outputPath"].startswith(
        f"s3://{LAKE}/{shop.folder(here, group_arn).solution_models('for-you')}"
    )
    model = plan["outputPath"].removeprefix(f"s3://{LAKE}/") + f"{plan['jobName']}/output/model/"
    lake.write(f"{model}bundle.json", json.dumps({"metrics": shop.METRICS}))
    run(steps, "succeed", "train", request, plan=plan, result={"TrainingTimeInSeconds": 36})
    assert here.call("GetSolutionMetrics", solutionVersionArn=version_arn)["metrics"] == shop.METRICS
    assert here.control.records.find_any(version_arn).body["trainingHours"] == 0.01


def test_fail_stores_the_reason(here, steps):
    arn = shop.import_job(here, shop.dataset(here, shop.group(here)))
    request = {"datasetImportJobArn": arn}
    plan = run(steps, "begin", "import", request)
    error = {"Error": "BadRow", "Cause": json.dumps({"errorMessage": "line 3", "errorType": "BadRow"})}
    run(steps, "fail", "import", request, plan=plan, error=error)
    assert here.control.records.find_any(arn).body["failureReason"] == "line 3"


def test_aborted_execution_is_settled(here, steps):
    arn = shop.import_job(here, shop.dataset(here, shop.group(here)))
    request = {"datasetImportJobArn": arn}
    run(steps, "begin", "import", request)
    detail = {
        "executionArn": EXECUTION,
        "stateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:tastemaker-dev-import",
        "input": json.dumps(request),
        "status": "ABORTED",
        "error": "Stopped",
        "cause": "Stopped by a person.",
    }
    steps.settle({**detail, "status": "SUCCEEDED"})
    assert here.control.records.find_any(arn).status == "CREATE IN_PROGRESS"
    steps.settle(detail)
    assert here.control.records.find_any(arn).body["failureReason"] == "Stopped by a person."


def streamed(group, user, number=1):
    named = {"datasetGroup": group, "userId": user, "sessionId": "s", "eventId": str(number)}
    return {**named, "itemId": "i", "eventType": "view", "sentAt": number}


class NoScans:
    """A client of DynamoDB that refuses to scan, and counts the rows that it reads."""

    def __init__(self, client):
        self._client, self.read = client, 0

    def __getattr__(self, name):
        return getattr(self._client, name)

    def get_paginator(self, operation):
        assert operation == "query"
        client, paginator = self, self._client.get_paginator(operation)

        class Counted:
            def paginate(self, **request):
                for page in paginator.paginate(**request):
                    client.read += len(page["Items"])
                    yield page

        return Counted()


def test_deletion_of_a_group_reads_its_own_profiles_only_and_ends_after_many_calls(lake_client, other_tables):
    profiles = ProfileWriter(other_tables, "profiles")
    profiles.write([streamed("films", f"u{n}", n) for n in range(24)], expires_at=2**40)
    profiles.write([streamed("films/actions", f"u{n}", n) for n in range(6)], expires_at=2**40)
    profiles.write([streamed("other", f"u{n}", n) for n in range(24)], expires_at=2**40)
    client, clock, calls = NoScans(other_tables), itertools.count(), 1
    tables = Tables(client, "catalog", "profiles", "recommendations")
    plan = {"arn": "a", "profilesOf": "films", "profilesListed": True}
    # The clock ticks at each batch, so that a call ends after five of them.
    while not purge(plan, LakeBucket(lake_client, LAKE), tables, next(clock) + 5, lambda: next(clock)):
        calls += 1
    assert calls > 5
    assert client.read < 150  # and not all rows again at each call
    left = [item["profile"]["S"] for item in other_tables.scan(TableName="profiles")["Items"]]
    assert len(left) == 48 and all("other" in profile for profile in left)


def test_profiles_of_a_group_from_before_users_were_listed_are_found_by_a_scan(lake_client, other_tables):
    other_tables.put_item(TableName="profiles", Item={"profile": {"S": "films#u"}, "event": {"S": "1#e"}})
    tables = Tables(other_tables, "catalog", "profiles", "recommendations")
    plan = {"arn": "a", "profilesOf": "films", "profilesListed": False}
    assert purge(plan, LakeBucket(lake_client, LAKE), tables, 10.0, lambda: 0.0)
    assert other_tables.scan(TableName="profiles")["Count"] == 0


def test_deletion_removes_objects_and_rows(here, steps, lake_client, other_tables):
    lake = LakeBucket(lake_client, LAKE)
    group_arn = shop.group(here)
    dataset_arn = shop.dataset(here, group_arn, "Items")
    items, folder = shop.storage(here, group_arn, "ITEMS"), shop.folder(here, group_arn)
    interactions_arn = shop.dataset(here, group_arn)
    interactions = shop.storage(here, group_arn)
    for key in (
        f"{folder.dataset(items.folder_name)}first/a",
        f"{interactions.events}a",
        f"{folder.prefix}b",
    ):
        lake.write(key, "")
    lake.write("groups/films-2/x", "")
    for key in ("i1", "i2"):
        row = {"dataset": {"S": items.catalog}, "id": {"S": key}}
        other_tables.put_item(TableName="catalog", Item=row)
    other_tables.put_item(TableName="catalog", Item={"dataset": {"S": "other"}, "id": {"S": "i1"}})
    profiles = ProfileWriter(other_tables, "profiles")
    for group in (interactions.event_group, "films-2"):
        profiles.write([streamed(group, "u1")], expires_at=2**40)

    here.call("DeleteDataset", datasetArn=dataset_arn)
    delete(here, steps, dataset_arn)
    here.call("DeleteDataset", datasetArn=interactions_arn)
    delete(here, steps, interactions_arn)
    left = ["groups/films-2/x", f"{folder.prefix}b", deletion_mark(interactions.events)]
    assert [key for key, _ in lake.objects("")] == left
    assert [item["dataset"]["S"] for item in other_tables.scan(TableName="catalog")["Items"]] == ["other"]

    here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    delete(here, steps, group_arn)
    assert [key for key, _ in lake.objects("")] == ["groups/films-2/x", deletion_mark(interactions.events)]
    left = {item["profile"]["S"] for item in other_tables.scan(TableName="profiles")["Items"]}
    assert left == {"films-2#u1", profile_index_of("films-2", "u1")}
    assert here.call("ListDatasetGroups")["datasetGroups"] == []


def test_deletion_of_a_solution_removes_its_precomputed_lists(here, steps, other_tables, lake_client):
    lake = LakeBucket(lake_client, LAKE)
    group_arn = imported(here, steps, lake)
    version_arn = shop.version(here, shop.solution(here, group_arn))
    request = {"solutionVersionArn": version_arn}
    plan = run(steps, "begin", "train", request)
    model = plan["outputPath"].removeprefix(f"s3://{LAKE}/") + f"{plan['jobName']}/output/model/"
    lake.write(f"{model}bundle.json", json.dumps({"metrics": shop.METRICS}))
    run(steps, "succeed", "train", request, plan=plan, result={"TrainingTimeInSeconds": 36})
    job = shop.served_job(here, version_arn)
    request = {"batchInferenceJobArn": job}
    plan = run(steps, "begin", "batch", request)
    lists = PrecomputedTable(other_tables, "recommendations")
    for version in (plan["lists"]["version"], "another#1"):
        lists.write(version, ((f"user-{one}", {}) for one in range(60)), expires_at=2**40)
    run(steps, "succeed", "batch", request, plan=plan)
    solution_arn = version_arn.rpartition("/")[0]
    assert here.control.records.find_any(solution_arn).body["_lists"]["version"] == plan["lists"]["version"]
    here.call("DeleteSolution", solutionArn=solution_arn)
    delete(here, steps, solution_arn)
    assert lists.find("another#1", "user-0") is not None
    assert other_tables.scan(TableName="recommendations")["Count"] == 60


def imported(here, steps, lake):
    """A group with data."""
    group_arn = shop.group(here)
    request = {"datasetImportJobArn": shop.import_job(here, shop.dataset(here, group_arn))}
    plan = run(steps, "begin", "import", request)
    lake.write(f"{plan['destination']}part-00000.parquet", "rows")
    run(steps, "succeed", "import", request, plan=plan, result={"rows": 1, "files": 1, "bytes": 4})
    assert here.control.records.find_any(plan["arn"]).status == "ACTIVE"
    return group_arn


def delete(here, steps, arn):
    request = {"arn": arn}
    plan = run(steps, "begin", "delete", request)
    assert here.control.records.find_any(arn).status == "DELETE IN_PROGRESS"
    assert run(steps, "purge", "delete", request, plan=plan) == {"more": False}
    run(steps, "remove", "delete", request, plan=plan)


def test_purge_reports_that_more_is_left_when_its_time_is_up(here, steps, other_tables):
    dataset_arn = shop.dataset(here, shop.group(here), "Items")
    for item in range(30):
        row = {"dataset": {"S": dataset_arn}, "id": {"S": f"i{item}"}}
        other_tables.put_item(TableName="catalog", Item=row)
    from lambdas.steps.purging import Tables, purge

    tables = Tables(other_tables, "catalog", "profiles", "recommendations")
    plan = {"catalogOf": dataset_arn}
    for left in (5, 0):
        assert not purge(plan, steps.lake, tables, 0.0, lambda: 1.0)
        assert other_tables.scan(TableName="catalog")["Count"] == left
    assert purge(plan, steps.lake, tables, 0.0, lambda: 1.0)


def test_unknown_action_is_refused(steps):
    with pytest.raises(InvalidInput, match="dance"):
        run(steps, "dance", "import", {})


class Runtime:
    """Answers like the Lambda API."""

    def __init__(self, payload, error=None):
        self.payload, self.error, self.asked = payload, error, None

    def invoke(self, FunctionName, Payload):  # noqa: N803 - as boto3 spells it
        self.asked = FunctionName, json.loads(Payload)
        answer = {"Payload": io.BytesIO(json.dumps(self.payload).encode())}
        return {**answer, "FunctionError": self.error} if self.error else answer


def test_warm_invokes_the_runtime_function():
    runtime = Runtime({"seconds": 1.5})
    request = {"campaignArn": "c", "solutionVersionArn": "v"}
    assert warm(runtime, "runtime", request) == {"seconds": 1.5}
    assert runtime.asked == ("runtime", {"warm": request})
    with pytest.raises(WarmingError, match="too large"):
        warm(Runtime({"errorMessage": "too large"}, "Unhandled"), "runtime", request)


def test_warm_reaches_all_provisioned_environments_at_the_same_time():
    together = threading.Barrier(5, timeout=30)

    class Environments(Runtime):
        def invoke(self, **request):
            together.wait()  # Lambda sends requests that run at the same time to different environments
            return super().invoke(**request)

    request = {"campaignArn": "c", "solutionVersionArn": "v"}
    assert warm(Environments({"seconds": 1.5}), "runtime:live", request, 5) == {"seconds": 1.5}


def test_error_of_throttled_warming_has_the_name_for_which_the_state_waits():
    """Lambda reports an exception by the name of its class, and Step Functions compares the name."""
    client = get_session().create_client(
        "lambda", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test", config=WARMING_CONFIG
    )
    with Stubber(client) as stub:
        stub.add_client_error("invoke", "TooManyRequestsException", http_status_code=429)
        with pytest.raises(ClientError) as throttled:
            warm(client, "runtime", {"campaignArn": "c", "solutionVersionArn": "v"})
    assert type(throttled.value).__name__ == "TooManyRequestsException"

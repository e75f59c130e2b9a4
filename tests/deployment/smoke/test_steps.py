"""Steps fail when the deployment does something wrong: each check is tried with a wrong answer."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deployment.smoke import traces
from deployment.smoke.context import CheckError, Context
from deployment.smoke.shop import AISLES, PURCHASES
from deployment.smoke.steps import STEPS, alarms, data, declare, events, jobs, lifecycle, models, texts
from infrastructure.stage import load
from tests.deployment.smoke.conftest import REGION

BUCKET = "smoke-data"
NOVA = "amazon.nova-micro-v1:0"


class Personalize:
    """Answers every Create with an ARN and every Describe with what `found` has for it."""

    def __init__(self, **found: Mapping[str, Any]) -> None:
        self.found = found
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**params: Any) -> dict[str, Any]:
            self.calls.append((operation, params))
            if operation.startswith("describe_"):
                name = operation.removeprefix("describe_")
                first, *rest = name.split("_")
                member = first + "".join(part.capitalize() for part in rest)
                return {member: {"status": "ACTIVE", **self.found.get(name, {})}}
            return Answer()

        return call


class Answer(dict[str, str]):
    """Has an ARN under any name."""

    def __missing__(self, key: str) -> str:
        return f"arn:aws:personalize:{REGION}:1:{key}/x"


class Runtime:
    """Recommends the items that `choose` names for a user."""

    def __init__(self, choose: Any) -> None:
        self.choose = choose

    def get_recommendations(self, *, userId: str, numResults: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        items = self.choose(userId)[:numResults]
        return {"itemList": [{"itemId": item, "score": 1 / (place + 1)} for place, item in enumerate(items)]}


@pytest.fixture
def with_bucket(context: Context) -> Context:
    context.target.client("s3").create_bucket(Bucket=BUCKET)
    context.bucket = BUCKET
    context.personalize = Personalize()
    return context


def test_names_of_steps_are_unique_and_needs_come_first() -> None:
    names = [step.name for step in STEPS]
    assert len(set(names)) == len(names) and names[-1] == "cleanup"
    for place, step in enumerate(STEPS):
        assert set(step.needs) <= set(names[:place]), step.name


def test_each_customer_of_the_shop_buys_in_one_aisle(context: Context) -> None:
    shop = context.shop
    rows = [line.split(",") for line in shop.csv("Interactions").splitlines()[1:]]
    assert len(rows) == shop.rows >= 1_000
    for user, item, time, _ in rows:
        assert shop.aisle_of(item) == shop.aisle(int(user.rpartition("-")[2]))
        assert shop.now - 41 * 86_400 < int(time) < shop.now


def test_waiting_fails_with_the_reason_of_the_resource(context: Context) -> None:
    context.personalize = Personalize(campaign={"status": "CREATE FAILED", "failureReason": "no disk"})
    with pytest.raises(CheckError, match="no disk"):
        context.wait("campaign", "campaign", "arn:c")


def test_waiting_ends(context: Context) -> None:
    context.personalize = Personalize(campaign={"status": "CREATE IN_PROGRESS"})
    context.wait_seconds = 0.01
    with pytest.raises(CheckError, match="not within"):
        context.wait("campaign", "campaign", "arn:c")


def test_import_is_tried_again_while_its_new_role_is_not_known(with_bucket: Context) -> None:
    pauses: list[float] = []
    with_bucket.pause = pauses.append
    failed = {"status": "CREATE FAILED", "failureReason": "the role r cannot be assumed"}
    with_bucket.personalize = Personalize(dataset_import_job=failed)
    with pytest.raises(CheckError, match="cannot be assumed"):
        data.import_data(with_bucket)
    assert pauses == [data.RETRY_SECONDS] * (data.ATTEMPTS - 1)
    pauses.clear()
    with_bucket.personalize = Personalize(dataset_import_job={**failed, "failureReason": "line 3 is bad"})
    with pytest.raises(CheckError, match="line 3"):
        data.import_data(with_bucket)
    assert pauses == []


def recommend(context: Context, choose: Any) -> str:
    context.campaigns[context.recipe] = "arn:c"
    context.runtime = Runtime(choose)
    return models.recommendations(context)


def of_aisle(context: Context, aisle: str) -> list[str]:
    return [context.shop.item(aisle, place) for place in range(15)]


def test_recommendations_must_match_the_taste_of_each_user(context: Context) -> None:
    def right(user: str) -> list[str]:
        return of_aisle(context, context.shop.aisle(int(user[-1])))

    assert "12 of 12" in recommend(context, right)
    with pytest.raises(CheckError, match="of 12 first items"):
        recommend(context, lambda user: of_aisle(context, AISLES[0]))


def test_recommendations_must_be_different_known_items(context: Context) -> None:
    with pytest.raises(CheckError, match="1 different items"):
        recommend(context, lambda user: of_aisle(context, "tea")[:1] * 10)
    with pytest.raises(CheckError, match="unknown items"):
        recommend(context, lambda user: [*of_aisle(context, "tea")[:9], "smoke-1-odd-01"])


def test_events_that_change_nothing_fail_and_so_do_those_that_change_others(
    context: Context,
) -> None:
    context.wait_seconds = 0.01
    context.personalize = Personalize()
    context.campaigns[context.recipe] = "arn:c"
    sent: list[str] = []

    class Events:
        def put_events(self, **params: Any) -> None:
            sent.append(params["userId"])

    context.events = Events()
    context.runtime = Runtime(lambda user: of_aisle(context, "bread"))
    with pytest.raises(CheckError, match="a changed answer: not within"):
        events.events(context)
    sent.clear()
    context.runtime = Runtime(lambda user: of_aisle(context, "cheese" if sent else "bread"))
    with pytest.raises(CheckError, match="of another"):
        events.events(context)
    sent.clear()
    context.runtime = Runtime(lambda user: of_aisle(context, "cheese" if user in sent else "bread"))
    assert "that user only" in events.events(context)


def test_training_without_the_streamed_events_fails_the_smoke_test(context: Context) -> None:
    class Events:
        def put_events(self, **params: Any) -> None:
            assert len({event["sentAt"] for event in params["eventList"]}) == len(params["eventList"])

    context.personalize, context.events, context.pause = Personalize(), Events(), lambda seconds: None
    s3 = context.target.client("s3")
    context.wait_seconds = 0.01
    with pytest.raises(CheckError, match="events of smoke-1"):
        _retrain(context, of_aisle(context, "tea"))
    s3.put_object(Bucket="lake", Key="groups/smoke-1/events/2026/11/28/a", Body=b"")
    with pytest.raises(CheckError, match="did not count"):
        _retrain(context, of_aisle(context, "tea"))
    assert "most popular" in _retrain(context, [context.shop.new_item, *of_aisle(context, "tea")])


def _retrain(context: Context, popular: list[str]) -> str:
    context.runtime = Runtime(lambda user: popular)
    return events.retraining(context)


def line(user: str, items: list[str] | None, error: str | None = None) -> str:
    output = None if items is None else {"recommendedItems": items}
    return json.dumps({"input": {"userId": user}, "output": output, "error": error})


def test_batch_answers_must_be_complete_and_without_errors(with_bucket: Context) -> None:
    context = with_bucket
    context.versions[context.recipe] = "arn:v"
    users = [context.shop.customer(number) for number in range(jobs.LINES)]
    items = of_aisle(context, "tea")[: jobs.RESULTS]

    def answered(*lines: str) -> str:
        context.put("batch-output/users.json.out", "\n".join(lines))
        return jobs.batch_inference(context)

    assert "20 lines" in answered(*(line(user, items) for user in users))
    with pytest.raises(CheckError, match="not those of the input"):
        answered(*(line(user, items) for user in users[1:]))
    with pytest.raises(CheckError, match="no such user"):
        answered(*(line(user, None, "no such user") for user in users))
    with pytest.raises(CheckError, match="instead of 5"):
        answered(*(line(user, items[:2]) for user in users))


def test_segments_must_have_users_of_the_items_aisle(with_bucket: Context) -> None:
    context, shop = with_bucket, with_bucket.shop
    context.versions[models.SEGMENT_RECIPE] = "arn:v"

    def answered(shift: int) -> str:
        lines = []
        for number in range(4):
            users = [shop.customer(number + shift + 4 * more) for more in range(jobs.RESULTS)]
            item = shop.item(shop.aisle(number), 3)
            lines.append({"input": {"itemId": item}, "output": {"usersList": users}, "error": None})
        context.put("segments-output/items.json.out", "\n".join(json.dumps(one) for one in lines))
        return jobs.segments(context)

    assert "20 of 20" in answered(0)
    with pytest.raises(CheckError, match="only 0 of 20"):
        answered(1)


def write_export(context: Context, name: str, text: str) -> None:
    context.put(f"export/{context.run}-{name}.csv", text)


def test_export_without_every_row_and_event_fails_the_smoke_test(with_bucket: Context) -> None:
    context = with_bucket
    context.datasets["Interactions"] = "arn:d"
    context.streamed = [(context.shop.customer(0), context.shop.new_item)]
    bulk = context.shop.csv("Interactions")
    streamed = f"{context.shop.customer(0)},{context.shop.new_item},1700000000,purchase\n"
    write_export(context, "export", bulk + streamed)
    assert "1,200 imported and 1 streamed" in jobs.export(context)
    write_export(context, "export", bulk)
    with pytest.raises(CheckError, match="1200 rows instead of 1201"):
        jobs.export(context)
    write_export(context, "export", bulk + streamed.replace(context.shop.new_item, "x"))
    with pytest.raises(CheckError, match="0 of 1"):
        jobs.export(context)


class Deleting(Personalize):
    """A service that deletes what it is told to: objects, table items, and rows of the export."""

    def __init__(self, context: Context, *, keeps: str = "", deleted: int = PURCHASES + 2) -> None:
        super().__init__(data_deletion_job={"status": "COMPLETED", "numDeleted": deleted})
        self._context, self._keeps = context, keeps

    def create_data_deletion_job(self, **_: Any) -> dict[str, str]:
        target, user = self._context.target, self._context.shop.customer(jobs.DELETED)
        if self._keeps != "object":
            s3 = target.client("s3")
            for version in s3.list_object_versions(Bucket="lake")["Versions"]:
                s3.delete_object(Bucket="lake", Key=version["Key"], VersionId=version["VersionId"])
        if self._keeps != "item":
            target.client("dynamodb").delete_item(TableName="profiles", Key={"profile": {"S": user}})
        if self._keeps != "export":
            bulk = self._context.shop.csv("Interactions")
            rows = [row for row in bulk.splitlines(keepends=True) if user not in row]
            write_export(self._context, "after-deletion", "".join(rows))
        return {"dataDeletionJobArn": "arn:j"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, ""),
        ({"keeps": "object"}, "still in s3://lake/groups/smoke-1/"),
        ({"keeps": "item"}, "1 items of table profiles"),
        ({"keeps": "export"}, "in a new export"),
        ({"deleted": 3}, "3 rows were deleted, and there were 14"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_deletion_that_leaves_a_row_fails_the_smoke_test(
    with_bucket: Context, wrong: dict[str, Any], message: str
) -> None:
    context = with_bucket
    user = context.shop.customer(jobs.DELETED)
    for number in range(3):
        context.target.client("s3").put_object(
            Bucket="lake", Key=f"groups/smoke-1/events/{number}", Body=user.encode()
        )
    context.target.client("dynamodb").put_item(TableName="profiles", Item={"profile": {"S": user}})
    context.datasets.update(Users="arn:u", Interactions="arn:i")
    context.streamed = [(user, context.shop.new_item)]
    context.events = Personalize()
    write_export(context, "after-deletion", context.shop.csv("Interactions"))
    context.personalize = Deleting(context, **wrong)
    if message:
        with pytest.raises(CheckError, match=message):
            jobs.deletion(context)
    else:
        assert "no trace" in jobs.deletion(context)
        assert traces.of_user(context.target, context.run, user) == []


TRUST = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:role/tastemaker-dev-importing"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": "stack-id"}},
}


def test_bucket_and_role_are_created_with_the_stacks_statement_in_the_trust(context: Context) -> None:
    context.target = replace(context.target, role_trust=json.dumps(TRUST))
    said = lifecycle.storage(context)
    assert context.bucket in said and context.role in said
    iam = context.target.client("iam")
    role = iam.get_role(RoleName=context.role.rpartition("/")[2])["Role"]
    first, second = role["AssumeRolePolicyDocument"]["Statement"]
    assert first["Principal"] == {"Service": "personalize.amazonaws.com"}
    assert second == TRUST
    policy = iam.get_role_policy(RoleName=role["RoleName"], PolicyName="bucket")["PolicyDocument"]
    assert all(context.bucket in resource for resource in policy["Statement"][0]["Resource"])


class Formation:
    """CloudFormation whose stack ends like this."""

    def __init__(self, created: str = "CREATE_COMPLETE", deleted: str = "DELETE_COMPLETE") -> None:
        self.status, self._deleted = created, deleted
        self.template: dict[str, Any] = {}

    def create_stack(self, **params: Any) -> dict[str, str]:
        assert params["Capabilities"] == ["CAPABILITY_AUTO_EXPAND"]
        self.template = json.loads(params["TemplateBody"])
        return {"StackId": "arn:stack"}

    def delete_stack(self, **_: Any) -> None:
        self.status = self._deleted

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        outputs = [{"OutputKey": name, "OutputValue": f"arn:{name}"} for name in ("Schema", "Filter")]
        return {"Stacks": [{"StackStatus": self.status, "Outputs": outputs}]}

    def describe_stack_events(self, **_: Any) -> dict[str, Any]:
        failed = {"LogicalResourceId": "Filter", "ResourceStatus": "CREATE_FAILED"}
        return {"StackEvents": [{**failed, "ResourceStatusReason": "no answer"}]}


class Declared(Personalize):
    """A control plane whose filter and schema exist until the stack is deleted, or longer."""

    def __init__(self, formation: Formation, *, keeps: str = "", expression: str = AISLES[0]) -> None:
        super().__init__(filter={"filterExpression": expression})
        self._formation, self._keeps = formation, keeps

    def __getattr__(self, operation: str) -> Any:
        if self._formation.status == "DELETE_COMPLETE" and operation != f"describe_{self._keeps}":
            return self._missing
        return super().__getattr__(operation)

    def _missing(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Describe")


@pytest.mark.parametrize(
    ("stack", "service", "message"),
    [
        ({}, {}, ""),
        ({"created": "ROLLBACK_COMPLETE"}, {}, "ended ROLLBACK_COMPLETE. Filter: no answer"),
        ({"created": "CREATE_IN_PROGRESS"}, {}, "the stack smoke-1: not within"),
        ({"deleted": "DELETE_FAILED"}, {}, "ended DELETE_FAILED"),
        ({}, {"keeps": "filter"}, "its filter exist"),
        ({}, {"expression": "another"}, "expression another"),
    ],
)
def test_stack_that_is_not_made_or_not_deleted_fails_the_smoke_test(
    context: Context, stack: dict[str, str], service: dict[str, str], message: str
) -> None:
    context.wait_seconds = 0.01
    formation = Formation(**stack)
    context.target._clients["cloudformation"] = formation
    context.personalize = Declared(formation, **service)
    if message:
        with pytest.raises(CheckError, match=message):
            declare.declare(context)
    else:
        assert "deleted both" in declare.declare(context)
        assert formation.template["Transform"] == "tastemaker-dev"
    assert bool(context.stack) == (formation.status != "DELETE_COMPLETE")


def test_cleanup_deletes_the_stack_that_a_failed_step_left(context: Context) -> None:
    context.target._clients["cloudformation"] = formation = Formation("ROLLBACK_COMPLETE")
    context.stack, context.personalize = "arn:stack", Listing()
    assert "are gone" in lifecycle.cleanup(context)
    assert (formation.status, context.stack) == ("DELETE_COMPLETE", "")
    context.stack, formation._deleted = "arn:stack", "DELETE_FAILED"
    with pytest.raises(CheckError, match="ended DELETE_FAILED"):
        lifecycle.cleanup(context)


class Listing(Personalize):
    """A control plane in which nothing is left, or a group."""

    def __init__(self, *left: str) -> None:
        super().__init__()
        self.left = left

    def get_paginator(self, operation: str) -> "Listing":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        groups = [{"name": name, "datasetGroupArn": f"arn:{name}"} for name in self.left]
        return [{"datasetGroups": groups, "solutions": []}]


def test_cleanup_deletes_bucket_role_and_schemas_and_finds_what_is_left(context: Context) -> None:
    assert lifecycle.cleanup(context) == "nothing was created"
    lifecycle.storage(context)
    context.put("a/b.csv", "x")
    context.schemas["Users"] = "arn:s"
    context.personalize = Listing()
    assert "are gone" in lifecycle.cleanup(context)
    assert ("delete_schema", {"schemaArn": "arn:s"}) in context.personalize.calls
    buckets = context.target.client("s3").list_buckets()["Buckets"]
    assert context.bucket not in {bucket["Name"] for bucket in buckets}
    with pytest.raises(ClientError, match="NoSuchEntity"):
        context.target.client("iam").get_role(RoleName=context.role.rpartition("/")[2])
    context.personalize = Listing("smoke-1")
    context.bucket = context.role = ""
    with pytest.raises(CheckError, match="still exists"):
        lifecycle.cleanup(context)


class States:
    """Step Functions in which the import workflow ends like this."""

    def __init__(self, status: str) -> None:
        self.status = status

    def get_paginator(self, operation: str) -> "States":
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"stateMachines": [{"name": "tastemaker-dev-import", "stateMachineArn": "arn:m"}]}]

    def start_execution(self, **_: Any) -> dict[str, str]:
        return {"executionArn": "arn:e"}

    def describe_execution(self, **_: Any) -> dict[str, str]:
        return {"status": self.status}


@pytest.mark.parametrize(
    ("actions", "status", "message"),
    [
        (None, "FAILED", "no alarm tastemaker-dev-WorkflowFailures"),
        ([], "FAILED", "has no action"),
        (["topic"], "SUCCEEDED", "ended SUCCEEDED"),
        (["topic"], "FAILED", "the alarm tastemaker-dev-WorkflowFailures: not within"),
    ],
)
def test_alarm_without_a_subscriber_fails_the_smoke_test(
    context: Context, actions: list[str] | None, status: str, message: str
) -> None:
    context.wait_seconds = 0.01
    context.target._clients["stepfunctions"] = States(status)
    topic = context.target.client("sns").create_topic(Name="alarms")["TopicArn"]
    if actions is not None:
        context.target.client("cloudwatch").put_metric_alarm(
            AlarmName="tastemaker-dev-WorkflowFailures",
            MetricName="m",
            Namespace="n",
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[topic for _ in actions],
        )
    with pytest.raises(CheckError, match=message):
        alarms.alarms(context)
    assert "QueueUrls" not in context.target.client("sqs").list_queues()
    assert context.target.client("sns").list_subscriptions()["Subscriptions"] == []


class Texts:
    """A target whose client of `tastemaker` gives these messages in order."""

    def __init__(self, model: str, *messages: dict[str, Any]) -> None:
        stage = load("dev")
        self.stage = replace(stage, generation=replace(stage.generation, model=model))
        self._messages = list(messages)

    def client(self, service: str) -> Any:
        assert service == "tastemaker"
        return self

    def generate_message(self, **params: Any) -> dict[str, Any]:
        return {"message": self._messages.pop(0)}


def message(source: str, *problems: str) -> dict[str, Any]:
    return {"text": "Tea for you", "itemIds": ["tea-1"], "source": source, "problems": list(problems)}


@pytest.mark.parametrize(
    ("model", "messages", "result"),
    [
        ("", [message("template")], "templates write"),
        (NOVA, [message("template", "The items do not have the number 9."), message(NOVA)], f"{NOVA} wrote"),
        (NOVA, [message("template", "too long")] * 5, "failed the check"),
    ],
)
def test_text_is_that_of_the_stage_s_model(
    context: Context, model: str, messages: list[dict[str, Any]], result: str
) -> None:
    context.campaigns[context.recipe] = "arn"
    assert result in texts.texts(replace(context, target=Texts(model, *messages)))


@pytest.mark.parametrize(
    ("model", "found", "problem"),
    [
        (NOVA, message("template", "Amazon Bedrock refused it: no access"), "no access"),
        ("", message(NOVA), "names no model"),
        (NOVA, {**message(NOVA), "text": ""}, "empty"),
    ],
)
def test_text_that_is_not_by_the_stage_s_model_fails_the_step(
    context: Context, model: str, found: dict[str, Any], problem: str
) -> None:
    context.campaigns[context.recipe] = "arn"
    with pytest.raises(CheckError, match=problem):
        texts.texts(replace(context, target=Texts(model, found)))

"""The batch steps on AWS in memory: their answers equal those of live requests."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambdas.batch.handler import Batch
from lambdas.events.catalog import Catalog
from lambdas.stores.caller_outputs import OutputFolder
from lambdas.stores.precomputed import PrecomputedTable
from lambdas.stores.profile_writer import ProfileWriter
from lambdas.stores.records import ResourceTable
from lambdas.stores.upserts import CatalogUpserts
from lambdas.support.settings import Settings
from tastemaker.contracts.dataset_storage import DatasetStorage
from tastemaker.contracts.text_models import TextGeneration
from tastemaker.control.core.records import Record
from tastemaker.failures import AccessRefused, InvalidLocation, WorkFailedError
from tastemaker.files import Location
from tests.lambdas.aws import LAKE, TABLE
from tests.tastemaker.serving.films import GROUP, PREFIX, Cinema, write_bundle

NOW = 1_000
FOLDER = "groups/films/batch/j/"


class Studio:
    """The batch function, and the runtime of the same films to compare with."""

    def __init__(self, folder: Path, dynamodb: Any, s3: Any) -> None:
        environ = {
            "AWS_REGION": "eu-west-1",
            "TASTEMAKER_RESOURCES_TABLE": TABLE,
            "TASTEMAKER_PROFILES_TABLE": "profiles",
            "TASTEMAKER_CATALOG_TABLE": "catalog",
            "TASTEMAKER_RECOMMENDATIONS_TABLE": "recommendations",
            "TASTEMAKER_LAKE_BUCKET": LAKE,
        }
        self.s3, self.batch = s3, Batch(Settings(environ))
        self.cinema = Cinema(folder / "live")
        self.records, self.profiles = ResourceTable(dynamodb, TABLE), ProfileWriter(dynamodb, "profiles")
        for bucket in ("inbox", "outbox"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self.folder = folder

    def plan(self, recipe: str, kind: str, **more: Any) -> dict[str, Any]:
        """The plan of a job whose bundle is in the lake."""
        bundle = self.folder / "bundles" / kind
        if not bundle.exists():
            for path in (path for path in write_bundle(bundle, kind).rglob("*") if path.is_file()):
                key = f"groups/films/models/{kind}/{path.relative_to(bundle)}"
                self.s3.put_object(Bucket=LAKE, Key=key, Body=path.read_bytes())
        return {
            "arn": f"{PREFIX}batch-inference-job/j",
            "folder": FOLDER,
            "shards": f"{FOLDER}shards.json",
            "files": f"{FOLDER}files.json",
            "input": "s3://inbox/users.json",
            "output": "s3://outbox/answers/",
            "roleArn": "arn:aws:iam::123456789012:role/PersonalizeRole",
            "solutionVersionArn": f"{PREFIX}solution/s/1",
            "datasetGroupArn": GROUP,
            "recipeArn": f"arn:aws:personalize:::recipe/{recipe}",
            "bundle": f"s3://{LAKE}/groups/films/models/{kind}/",
            "filterArn": None,
            "numResults": 25,
            "config": {},
            "now": NOW,
            **more,
        }

    def run(self, plan: dict[str, Any]) -> list[dict[str, Any]]:
        """The whole job, as the state machine does it; answers the lines of the one output file."""
        self.batch.run("plan", plan, {})
        for action, key in (("answer", "shards"), ("collect", "files")):
            for item in json.loads(self.batch.lake.read(plan[key])):
                self.batch.run(action, plan, item)
        self.counts = self.batch.run("count", plan, {})
        (entry,) = self.s3.list_objects_v2(Bucket="outbox")["Contents"]
        body = self.s3.get_object(Bucket="outbox", Key=entry["Key"])["Body"].read()
        return [json.loads(line) for line in body.splitlines()]

    def ask(self, plan: dict[str, Any], *questions: Any) -> list[dict[str, Any]]:
        lines = [one if isinstance(one, str) else json.dumps(one) for one in questions]
        self.s3.put_object(Bucket="inbox", Key="users.json", Body="\n".join(lines).encode())
        return self.run(plan)

    def outputs(self, plan: dict[str, Any], *questions: Any) -> list[dict[str, Any]]:
        answers = self.ask(plan, *questions)
        assert [answer["error"] for answer in answers] == [None] * len(questions)
        assert [answer["input"] for answer in answers] == list(questions)
        return [answer["output"] for answer in answers]

    def filter(self, expression: str) -> str:
        arn = f"{PREFIX}filter/f"
        body = {"status": "ACTIVE", "filterExpression": expression, "datasetGroupArn": GROUP}
        self.records.create(Record(arn, "Filter", body))
        return arn


@pytest.fixture
def studio(resources_table, other_tables, lake_client, tmp_path, monkeypatch) -> Studio:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return Studio(tmp_path, resources_table, lake_client)


def test_answers_equal_those_of_live_requests(studio: Studio) -> None:
    event = {"datasetGroup": "films", "userId": "ann", "sessionId": "s", "eventId": "1", "eventType": "view"}
    studio.profiles.write([{**event, "itemId": "emma", "sentAt": 900}], expires_at=2**40)
    studio.cinema.saw("ann", "emma", start=900)
    # What happens after the job began is for the next one.
    studio.profiles.write([{**event, "eventId": "2", "itemId": "brazil", "sentAt": 1100}], expires_at=2**40)
    for campaign, recipe in (("v1", "aws-user-personalization"), ("v2", "aws-user-personalization-v2")):
        users = ["ann", "bob", "nobody"]
        plan = studio.plan(recipe, "sequence", numResults=4)
        outputs = studio.outputs(plan, *({"userId": user} for user in users))
        for user, output in zip(users, outputs, strict=True):
            live = studio.cinema.ask(campaign, userId=user, numResults=4)["itemList"]
            assert output["recommendedItems"] == [item["itemId"] for item in live]
            assert output["scores"] == [item["score"] for item in live]
        assert outputs[0]["recommendedItems"][0] == "emma"


def test_upserts_count_as_of_the_start_of_the_job(studio: Studio, other_tables: Any) -> None:
    """As of the job's beginning: what is put later is for the next one."""
    at = [float(NOW - 10)]
    catalog = Catalog(other_tables, "catalog", lambda: at[0], lambda _: None)
    items, users = (GROUP.replace(":dataset-group/", ":dataset/") + f"/{kind}" for kind in ("ITEMS", "USERS"))
    expression = 'INCLUDE ItemID WHERE Items.GENRES IN ("space") IF CurrentUser.AGE > 20'
    arn, live = studio.filter(expression), studio.cinema.filter("space", expression)
    studio.cinema.runtime.upserts = CatalogUpserts(other_tables, "catalog")
    plan = studio.plan("aws-user-personalization", "sequence", filterArn=arn)
    questions = [{"userId": user} for user in ("ann", "bob", "carl")]

    def live_answers() -> list[list[str]]:
        return [studio.cinema.items("v1", filterArn=live, **question) for question in questions]

    before = live_answers()
    catalog.put(
        DatasetStorage(items, None), [("emma", {"GENRES": "love|space"}), ("alien", {"GENRES": "horror"})]
    )
    catalog.put(DatasetStorage(users, None), [("carl", {"AGE": 40})])
    studio.cinema.runtime.upserts = CatalogUpserts(other_tables, "catalog")
    wanted = live_answers()
    assert wanted != before and "emma" in wanted[0] and "alien" not in wanted[0]
    at[0] = float(NOW + 10)
    catalog.put(DatasetStorage(items, None), [("brazil", {"GENRES": "space"})])
    answers = studio.outputs(plan, *questions)
    assert [answer["recommendedItems"] for answer in answers] == wanted


def test_popularity_and_related_items_have_no_scores(studio: Studio) -> None:
    plan = studio.plan("aws-popularity-count", "popularity", numResults=2)
    assert studio.outputs(plan, {"userId": "ann"}) == [{"recommendedItems": ["alien", "brazil"]}]
    plan = studio.plan("aws-similar-items", "similar")
    (output,) = studio.outputs(plan, {"itemId": "alien"})
    assert output == {"recommendedItems": studio.cinema.items("similar", itemId="alien")}


def test_ranking_equals_a_live_ranking(studio: Studio) -> None:
    plan = studio.plan("aws-personalized-ranking-v2", "sequence", numResults=1)
    films = ["alien", "unknown", "dune"]
    (output,) = studio.outputs(plan, {"userId": "ann", "itemList": films})
    live = studio.cinema.ranked(*films, userId="ann")
    assert output["recommendedItems"] == [item["itemId"] for item in live] == ["dune", "alien", "unknown"]
    assert output["scores"] == [item.get("score") for item in live]


def test_filter_values_come_from_the_line(studio: Studio) -> None:
    arn = studio.filter(
        'INCLUDE ItemID WHERE Items.GENRES IN ($G) | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'
    )
    plan = studio.plan("aws-user-personalization", "sequence", filterArn=arn)
    space = {"userId": "ann", "filterValues": {"G": '"space"'}}
    answers = studio.ask(plan, space, {"userId": "bob", "filterValues": {"G": '"space"'}}, {"userId": "ann"})
    assert [answer["output"] and sorted(answer["output"]["recommendedItems"]) for answer in answers] == [
        ["alien"],  # she bought dune
        ["alien", "dune"],
        None,
    ]
    assert "G" in answers[2]["error"]


def test_invalid_line_has_an_error_and_the_job_continues(studio: Studio) -> None:
    plan = studio.plan("aws-user-personalization", "sequence")
    good = {"userId": "bob", "context": {"DEVICE": "tv"}}
    bad = ["no json", {"itemId": "alien"}, {"userId": 3}, {"userId": "ann", "context": {"a": 1}}]
    answers = studio.ask(plan, good, *bad, "", {"userId": "ann"})
    assert [answer["output"] is None for answer in answers] == [False, True, True, True, True, False]
    assert [answer["input"] for answer in answers[1:5]] == bad
    assert "JSON" in answers[1]["error"] and "userId is missing" in answers[2]["error"]


def test_line_with_half_a_surrogate_pair_has_an_error_and_the_others_are_answered(studio: Studio) -> None:
    plan = studio.plan("aws-user-personalization", "sequence")
    answers = studio.ask(plan, {"userId": "ann"}, '{"userId": "\\ud800"}', {"userId": "bob"})
    assert [answer["output"] is None for answer in answers] == [False, True, False]
    assert "surrogate" in answers[1]["error"]
    assert studio.counts == {"lines": 3, "answered": 2}


def test_batch_of_which_every_line_fails_fails_with_the_first_error(studio: Studio) -> None:
    plan = studio.plan("aws-user-personalization", "sequence")
    with pytest.raises(WorkFailedError, match=r"^0 of 2 lines answered; the first error: userId is missing"):
        studio.ask(plan, {"USER_ID": "ann"}, {"USER_ID": "bob"})
    assert "0 of 2 lines" in studio.batch.lake.read(f"{FOLDER}failure.txt")
    (entry,) = studio.s3.list_objects_v2(Bucket="outbox")["Contents"]  # the errors of all lines are there
    assert entry["Key"] == "answers/users.json.out"


@pytest.mark.parametrize(
    "content", ["USER_ID\nann\nbob", '[{"userId": "ann"}]', '"ann"\n"bob"', "\n", ""], ids=repr
)
def test_input_without_any_question_fails_the_job(studio: Studio, content: str) -> None:
    plan = studio.plan("aws-user-personalization", "sequence")
    with pytest.raises(WorkFailedError, match="lines"):
        studio.ask(plan, content)


def test_shard_that_is_answered_twice_counts_once(studio: Studio) -> None:
    plan = studio.plan("aws-user-personalization", "sequence")
    studio.ask(plan, {"userId": "ann"}, "nonsense")
    (shard,) = json.loads(studio.batch.lake.read(plan["shards"]))
    studio.batch.run("answer", plan, shard)
    assert studio.batch.run("count", plan, {}) == {"lines": 2, "answered": 1}


def test_output_bucket_that_does_not_exist_fails_before_any_line_is_answered(studio: Studio) -> None:
    plan = studio.plan("aws-user-personalization", "sequence", output="s3://no-such-bucket/answers/")
    studio.s3.put_object(Bucket="inbox", Key="users.json", Body=b'{"userId": "ann"}')
    with pytest.raises(WorkFailedError, match="there is no bucket no-such-bucket"):
        studio.batch.run("plan", plan, {})
    assert "no-such-bucket" in studio.batch.lake.read(f"{FOLDER}failure.txt")


def test_shards_are_joined_into_one_output_per_input_file(studio: Studio) -> None:
    lines = [json.dumps({"userId": f"user-{number}"}) for number in range(9)]
    for name, part in (("a.json", lines[:4]), ("sub/b.json", lines[4:]), ("old.json.out", lines)):
        studio.s3.put_object(Bucket="inbox", Key=f"folder/{name}", Body="\n".join(part).encode())
    plan = studio.plan(
        "aws-popularity-count", "popularity", input="s3://inbox/folder", output="s3://outbox/x"
    )
    assert studio.batch.run("plan", plan, {}) == {"files": 2, "shards": 2}
    # Smaller shards than so small a file would get.
    shards = json.loads(studio.batch.lake.read(plan["shards"]))
    cut = [{**shards[0], "end": 30}, {**shards[0], "start": 30, "part": f"{FOLDER}parts/000000/000001.jsonl"}]
    for item in [*cut, *cut, shards[1]]:  # twice is as good as once
        assert studio.batch.run("answer", plan, item) == 0
    files = json.loads(studio.batch.lake.read(plan["files"]))
    for item in [{**files[0], "shards": 2}, files[1]]:
        studio.batch.run("collect", plan, item)
    found = {
        entry["Key"]: [
            json.loads(line)["input"]["userId"]
            for line in studio.s3.get_object(Bucket="outbox", Key=entry["Key"])["Body"].read().splitlines()
        ]
        for entry in studio.s3.list_objects_v2(Bucket="outbox")["Contents"]
    }
    assert found == {
        "x/a.json.out": [f"user-{number}" for number in range(4)],
        "x/sub/b.json.out": [f"user-{number}" for number in range(4, 9)],
    }


def test_load_writes_precomputed_lists_without_contexts(studio: Studio, other_tables: Any) -> None:
    lists = {"version": "v", "key": "userId", "expiresAt": 2**40}
    plan = studio.plan("aws-user-personalization", "sequence", numResults=3, lists=lists)
    with_context = {"userId": "cleo", "context": {"DEVICE": "tv"}}
    answers = studio.ask(
        plan, {"userId": "ann"}, with_context, "nonsense", {"userId": "bob"}, {"userId": "ann"}
    )
    (shard,) = json.loads(studio.batch.lake.read(plan["shards"]))
    for _ in range(2):  # twice is as good as once
        studio.batch.run("load", plan, shard)
    stored = PrecomputedTable(other_tables, "recommendations")
    assert stored.find("v", "ann") == answers[0]["output"]
    assert stored.find("v", "bob") == answers[3]["output"]
    assert other_tables.scan(TableName="recommendations")["Count"] == 2


def test_failing_step_writes_its_reason_to_the_lake(studio: Studio) -> None:
    plan = studio.plan("aws-popularity-count", "popularity", input="s3://inbox/none.json")
    with pytest.raises(InvalidLocation, match="Invalid data location"):
        studio.batch.run("plan", plan, {})
    assert "none.json" in studio.batch.lake.read(f"{FOLDER}failure.txt")


def test_input_file_that_changes_during_the_job_fails_it(studio: Studio) -> None:
    plan = studio.plan("aws-popularity-count", "popularity")
    studio.s3.put_object(Bucket="inbox", Key="users.json", Body=b'{"userId": "a"}')
    studio.batch.run("plan", plan, {})
    (shard,) = json.loads(studio.batch.lake.read(plan["shards"]))
    studio.s3.put_object(Bucket="inbox", Key="users.json", Body=b'{"userId": "b"}')
    with pytest.raises(WorkFailedError, match="replaced"):
        studio.batch.run("answer", plan, shard)


class Denied:
    """An S3 that refuses to be written to."""

    def __init__(self, code: str) -> None:
        self.code = code

    def put_object(self, **_: Any) -> None:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": self.code}}, "PutObject")


def test_large_outputs_use_multipart_uploads(aws) -> None:
    s3 = boto3.client("s3", "eu-west-1")
    s3.create_bucket(Bucket="outbox", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    folder = OutputFolder(s3, Location.parse("s3://outbox/a/b"), identity="me", part_bytes=5 << 20)
    chunks = [bytes([number]) * (3 << 20) for number in range(5)]
    assert folder.write("f", iter(chunks)) == 15 << 20
    assert s3.get_object(Bucket="outbox", Key="a/b/f")["Body"].read() == b"".join(chunks)
    assert s3.head_object(Bucket="outbox", Key="a/b/f")["ETag"].endswith('-3"')

    def broken():
        yield from chunks
        raise OSError("gone")

    with pytest.raises(OSError):
        folder.write("g", broken())
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="outbox")
    for code, error, say in (
        ("AccessDenied", AccessRefused, "s3:PutObject"),
        ("NoSuchBucket", WorkFailedError, "output path"),
    ):
        with pytest.raises(error, match=say):
            OutputFolder(Denied(code), Location.parse("s3://outbox/"), identity="me").write("f", [b"x"])


def test_empty_answer_has_an_empty_list_of_scores(studio: Studio) -> None:
    arn = studio.filter("INCLUDE ItemID WHERE Items.YEAR > 3000")
    plan = studio.plan("aws-user-personalization", "sequence", filterArn=arn)
    assert studio.outputs(plan, {"userId": "ann"}) == [{"recommendedItems": [], "scores": []}]


def test_job_with_themes_writes_one_for_each_line(studio: Studio) -> None:
    plan = studio.plan("aws-similar-items", "similar", themes={"itemName": "GENRES", "texts": []})
    plain = studio.plan("aws-similar-items", "similar")
    found = studio.outputs(plan, {"itemId": "alien"}, {"itemId": "dune"})
    for output in found:
        assert output["theme"] and len(output["itemsThemeRelevanceScores"]) == len(output["recommendedItems"])
    live = studio.outputs(plain, {"itemId": "alien"})
    assert sorted(live[0]["recommendedItems"]) == sorted(found[0]["recommendedItems"])


def test_job_with_themes_has_at_most_100_lines(studio: Studio) -> None:
    plan = studio.plan("aws-similar-items", "similar", themes={"itemName": "GENRES", "texts": []})
    with pytest.raises(WorkFailedError, match="at most 100 input lines"):
        studio.ask(plan, *[{"itemId": "alien"}] * 101)
    reason = studio.batch.lake.read(f"{FOLDER}failure.txt")
    assert "s3://inbox/users.json" in reason
    assert len(studio.ask(plan, *[{"itemId": "alien"}] * 100, "", "  ")) == 100


def test_job_with_messages_writes_one_for_each_line(studio: Studio) -> None:
    messages = {"messageType": "EMAIL_SUBJECT", "itemColumns": {"name": "GENRES"}, "language": "fr"}
    plan = studio.plan("aws-user-personalization", "sequence", numResults=4, messages=messages)
    output = studio.outputs(plan, {"userId": "ann"})[0]
    assert output["message"]["text"].startswith("Notre sélection pour vous : ")
    plain = studio.plan("aws-user-personalization", "sequence", numResults=4)
    assert studio.outputs(plain, {"userId": "ann"})[0]["recommendedItems"] == output["recommendedItems"]


def test_job_that_can_cost_more_than_the_ceiling_fails_before_anything_is_spent(studio: Studio) -> None:
    paid = TextGeneration("anthropic.claude-haiku-4-5-20251001-v1:0", "eu-west-1", ceiling_usd=1)
    environ = {**studio.batch.settings.environ, "TASTEMAKER_TEXT_GENERATION": paid.to_json()}
    studio.batch.settings = Settings(environ)
    plan = studio.plan("aws-user-personalization", "sequence", messages={"messageType": "EMAIL_BODY"})
    with pytest.raises(WorkFailedError, match=r"1,000 texts .* up to .* USD, and the ceiling is 1 USD"):
        studio.ask(plan, *[{"userId": f"user-{number:04}"} for number in range(1000)])
    assert "generation.ceilingUsd" in studio.batch.lake.read(f"{FOLDER}failure.txt")


def test_messages_of_a_segment_are_delivered_without_unsubscribed_and_capped_users(studio: Studio) -> None:
    put = studio.s3.put_object
    put(Bucket="inbox", Key="no/unsubscribed.csv", Body=b"USER_ID\nbob\n")
    put(Bucket="inbox", Key="sent/last.csv", Body=f"USER_ID,SENT_AT\ncarl,{NOW - 10}\n".encode())
    put(Bucket="inbox", Key="sent/trial.dry-run.csv", Body=f"USER_ID,SENT_AT\nann,{NOW - 10}\n".encode())
    delivery = {
        "formats": ["CSV", "SES_BULK"],
        "addressColumn": "AGE",
        "unsubscribedPath": "s3://inbox/no/",
        "sentPath": "s3://inbox/sent/",
    }
    messages = {"messageType": "PUSH", "delivery": delivery, "itemColumns": {"name": "GENRES"}}
    plan = studio.plan("aws-user-personalization", "sequence", messages=messages)
    segment = {"input": {"itemId": "dune"}, "output": {"usersList": ["ann", "bob", "carl"]}, "error": None}
    studio.s3.put_object(Bucket="inbox", Key="users.json", Body=json.dumps(segment).encode())
    studio.batch.run("plan", plan, {})
    for action, key in (("answer", "shards"), ("collect", "files")):
        for item in json.loads(studio.batch.lake.read(plan[key])):
            studio.batch.run(action, plan, item)
    assert studio.batch.run("count", plan, {}) == {"lines": 3, "answered": 1}

    def written(name: str) -> str:
        text: str = studio.s3.get_object(Bucket="outbox", Key=f"answers/{name}")["Body"].read().decode()
        return text

    rows = written("users.json.csv").splitlines()
    assert rows[0] == "USER_ID,ADDRESS,SENT_AT,TEXT,ITEM_IDS" and len(rows) == 2
    assert rows[1].startswith(f"ann,30.0,{NOW},Picked for you: ")
    assert json.loads(written("users.json.ses.jsonl"))["BulkEmailEntries"][0]["Destination"]
    errors = [json.loads(line)["error"] for line in written("users.json.out").splitlines()]
    assert errors[0] is None and "unsubscribed" in errors[1] and "frequency cap" in errors[2]


def test_job_whose_messages_are_all_withheld_has_done_its_work(studio: Studio) -> None:
    """Everybody has unsubscribed. A line that cannot be answered still fails the job."""
    studio.s3.put_object(Bucket="inbox", Key="no/unsubscribed.csv", Body=b"USER_ID\nann\nbob\n")
    delivery = {"formats": ["CSV"], "unsubscribedPath": "s3://inbox/no/"}
    messages = {"messageType": "PUSH", "delivery": delivery, "itemColumns": {"name": "GENRES"}}
    plan = studio.plan("aws-user-personalization", "sequence", messages=messages)

    def count(*lines: dict[str, Any]) -> Any:
        studio.s3.put_object(
            Bucket="inbox", Key="users.json", Body="\n".join(json.dumps(line) for line in lines).encode()
        )
        studio.batch.run("plan", plan, {})
        for item in json.loads(studio.batch.lake.read(plan["shards"])):
            studio.batch.run("answer", plan, item)
        return studio.batch.run("count", plan, {})

    assert count({"userId": "ann"}, {"userId": "bob"}) == {"lines": 2, "answered": 0}
    with pytest.raises(WorkFailedError, match="0 of 2 lines answered; the first error: userId is missing"):
        count({"userId": "ann"}, {"name": "bob"})


def test_dry_run_is_free_and_its_files_are_named_so(studio: Studio) -> None:
    paid = TextGeneration("anthropic.claude-haiku-4-5-20251001-v1:0", "eu-west-1", ceiling_usd=0)
    environ = {**studio.batch.settings.environ, "TASTEMAKER_TEXT_GENERATION": paid.to_json()}
    studio.batch.settings = Settings(environ)
    messages = {"messageType": "PUSH", "dryRun": True, "delivery": {"formats": ["CSV"]}}
    plan = studio.plan("aws-user-personalization", "sequence", messages=messages)
    studio.s3.put_object(Bucket="inbox", Key="users.json", Body=b'{"userId": "ann"}')
    studio.batch.run("plan", plan, {})
    for action, key in (("answer", "shards"), ("collect", "files")):
        for item in json.loads(studio.batch.lake.read(plan[key])):
            studio.batch.run(action, plan, item)
    names = {entry["Key"] for entry in studio.s3.list_objects_v2(Bucket="outbox")["Contents"]}
    assert names == {"answers/users.json.out", "answers/users.json.dry-run.csv"}

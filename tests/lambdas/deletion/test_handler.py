"""Data deletion on AWS in memory: afterwards no file and no table has the users."""

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from lambdas.deletion.compaction import Compaction
from lambdas.deletion.handler import DataDeletion
from lambdas.stores.precomputed import PrecomputedTable
from lambdas.support.settings import Settings
from tastemaker.contracts.table_keys import profile_index_of
from tastemaker.failures import InvalidLocation, WorkFailedError
from tests.lambdas.aws import LAKE

FOLDER = "groups/films/erase/j/"
USERS = "arn:aws:personalize:eu-west-1:123456789012:dataset/films/USERS"
PLAN: dict[str, Any] = {
    "arn": "arn:aws:personalize:eu-west-1:123456789012:data-deletion-job/j",
    "eventGroups": ["films", "films/actions"],
    "source": "s3://caller/gone/",
    "roleArn": "arn:aws:iam::123456789012:role/PersonalizeRole",
    "datasets": [
        {
            "arn": "interactions",
            "catalog": "interactions",
            "type": "INTERACTIONS",
            "folder": "groups/films/datasets/INTERACTIONS/",
            "visible": ["groups/films/datasets/INTERACTIONS/1/"],
        },
        {
            "arn": USERS,
            "catalog": USERS,
            "type": "USERS",
            "folder": "groups/films/datasets/USERS/",
            "visible": ["groups/films/datasets/USERS/1/"],
        },
    ],
    "events": "groups/films/events/",
    "actionEvents": "groups/films/actions/events/",
    "trainings": "groups/films/training/",
    "lists": ["nightly#1", "weekly#2"],
    "left": ["groups/films/batch/failed-1/"],
    "history": ["groups/films/datasets/", "groups/films/batch/", "groups/films/training/"],
    "folder": FOLDER,
    "work": f"{FOLDER}work.json",
}


class Deployment:
    """A lake and tables that know ann, bob and cleo."""

    def __init__(self, s3: Any, dynamodb: Any) -> None:
        self.s3, self.dynamodb = s3, dynamodb
        s3.create_bucket(Bucket="caller", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_bucket_versioning(Bucket=LAKE, VersioningConfiguration={"Status": "Enabled"})
        environ = {
            "TASTEMAKER_LAKE_BUCKET": LAKE,
            "TASTEMAKER_PROFILES_TABLE": "profiles",
            "TASTEMAKER_CATALOG_TABLE": "catalog",
            "TASTEMAKER_RECOMMENDATIONS_TABLE": "recommendations",
        }
        self.job = DataDeletion(Settings(environ))
        people = ["ann", "bob", "cleo"]
        views = [{"USER_ID": user, "ITEM_ID": "dune", "TIMESTAMP": 1} for user in people] * 2
        self.store("groups/films/datasets/INTERACTIONS/1/a.parquet", views)
        self.store("groups/films/datasets/INTERACTIONS/1/b.parquet", views[1:2])
        # What another import has replaced, what a stopped one left, and what is deleted but not gone.
        self.store("groups/films/datasets/INTERACTIONS/0/a.parquet", views[:1])
        self.store("groups/films/datasets/USERS/2/a.parquet", [{"USER_ID": "ann"}])
        s3.delete_object(Bucket=LAKE, Key="groups/films/datasets/USERS/2/a.parquet")
        for name in ("failed-1", "done-2"):
            self.write(f"groups/films/batch/{name}/part", '{"userId": "ann"}')
        s3.delete_object(Bucket=LAKE, Key="groups/films/batch/done-2/part")
        put = [json.dumps([user, {}, 1.0]) + "\n" for user in people]
        self.write("groups/films/training/s/1/put/USERS.jsonl", "".join(put))
        self.write("groups/films/training/s/1/prepared/users-0.npz", "ann bob cleo")
        self.store("groups/films/datasets/USERS/1/a.parquet", [{"USER_ID": user} for user in people])
        rest = {"itemId": "dune", "eventType": "view", "sentAt": 1}
        events = [{"eventId": u, "userId": u, "sessionId": f"session-{u}", **rest} for u in people]
        before = [{**event, "eventId": "0", "userId": None} for event in events]
        folded = [{name.lower(): value for name, value in event.items()} for event in (*before, *events)]
        self.store(
            "groups/films/events/a.parquet", folded
        )  # as Firehose writes it; the next one as others do
        self.store("groups/films/actions/events/a.parquet", events)
        for who in (*people, *(f"session-{user}" for user in people)):
            for event in ("1#a", "2#b"):
                self.put("profiles", profile=f"films#{who}", event=event)
        for user in people:
            self.put("profiles", profile=f"films/actions#{user}", event="1#a")
            self.put("profiles", profile=profile_index_of("films", user), event=user)
            self.put("catalog", dataset=USERS, id=user)
        self.put("profiles", profile="films-2#ann", event="1#a")
        self.lists = PrecomputedTable(dynamodb, "recommendations")
        for version in ("nightly#1", "weekly#2", "films-2#1"):
            rows = [(user, {"recommendedItems": ["dune"]}) for user in people]
            self.lists.write(version, rows, expires_at=2**40)

    def store(self, key: str, rows: list[dict[str, Any]]) -> None:
        data = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), data)
        self.s3.put_object(Bucket=LAKE, Key=key, Body=data.getvalue())

    def write(self, key: str, text: str) -> None:
        self.s3.put_object(Bucket=LAKE, Key=key, Body=text.encode())

    def put(self, table: str, **item: str) -> None:
        self.dynamodb.put_item(TableName=table, Item={name: {"S": value} for name, value in item.items()})

    def run(self, *, twice: bool = False) -> int:
        again = range(2 if twice else 1)
        for _ in again:
            self.job.run("plan", PLAN, {})
        for item in json.loads(self.job.lake.read(PLAN["work"])):
            for _ in again:
                self.job.run("delete", PLAN, item)
        for _ in again:
            result = self.job.run("count", PLAN, {})
        return result["numDeleted"]

    def known(self) -> str:
        """Everything that any version of any object of the lake, and any table of the group, holds."""
        found: list[Any] = []
        for version in self.s3.list_object_versions(Bucket=LAKE)["Versions"]:
            where = {"Bucket": LAKE, "Key": version["Key"], "VersionId": version["VersionId"]}
            data = self.s3.get_object(**where)["Body"].read()
            parquet = version["Key"].endswith(".parquet")
            found.append(pq.read_table(io.BytesIO(data)).to_pylist() if parquet else data.decode())
        for table in ("profiles", "catalog", "recommendations"):
            items = self.dynamodb.scan(TableName=table)["Items"]
            found += [item for item in items if "films-2" not in json.dumps(item)]
        return repr(found)


@pytest.fixture
def place(lake_client: Any, other_tables: Any) -> Deployment:
    place = Deployment(lake_client, other_tables)
    place.s3.put_object(Bucket="caller", Key="gone/a.csv", Body=b"\xef\xbb\xbfUSER_ID\nann\n")
    place.s3.put_object(Bucket="caller", Key="gone/more/b.csv", Body=b'USER_ID\r\n"ann"\r\nnobody\r\n')
    place.s3.put_object(Bucket="caller", Key="gone/_notes.txt", Body=b"bob")
    return place


@pytest.mark.parametrize("twice", [False, True])
def test_deletion_removes_users_from_all_files_and_tables(place: Deployment, twice: bool) -> None:
    assert "'ann'" in place.known()
    # Two views, a user, an event, one before the login and one on an action; five profile rows and one of the
    # catalog.
    assert place.run(twice=twice) == 2 + 1 + 3 + 5 + 1
    known = place.known()
    assert "ann" not in known
    for who in ("bob", "cleo"):
        assert known.count(f"'USER_ID': '{who}'") == (4 if who == "bob" else 3)
        assert known.lower().count(f"'userid': '{who}'") == 2
        assert f"films#{who}" in known and f"films#session-{who}" in known
    left = place.dynamodb.scan(TableName="profiles")["Items"]
    assert "films-2#ann" in repr(left)  # another group's
    for version in ("nightly#1", "weekly#2"):
        assert [place.lists.find(version, user) is None for user in ("ann", "bob")] == [True, False]
    assert place.lists.find("films-2#1", "ann") is not None


def test_restarted_deletion_counts_rows_of_both_runs(place: Deployment) -> None:
    place.job.run("plan", PLAN, {})
    for item in json.loads(place.job.lake.read(PLAN["work"]))[:-1]:  # stopped before the tables
        place.job.run("delete", PLAN, item)
    late = {"eventId": "9", "userId": "ann", "sessionId": "session-ann"}
    place.store("groups/films/events/0.parquet", [late])
    assert place.run() == 2 + 1 + 3 + 1 + 5 + 1
    assert "ann" not in place.known()


def test_element_of_several_tasks_deletes_and_counts_as_they_do_alone(place: Deployment) -> None:
    place.job.run("plan", PLAN, {})
    tasks = json.loads(place.job.lake.read(PLAN["work"]))
    for _ in range(2):  # Lambda may repeat it
        place.job.run("delete", PLAN, {"what": "several", "tasks": tasks})
    assert place.job.run("count", PLAN, {})["numDeleted"] == 2 + 1 + 3 + 5 + 1
    assert "ann" not in place.known()


def test_file_that_fails_among_several_is_named(place: Deployment) -> None:
    place.job.run("plan", PLAN, {})
    tasks = json.loads(place.job.lake.read(PLAN["work"]))
    (lines,) = (task for task in tasks if task["what"] == "lines")
    place.write(lines["key"], "no JSON")
    with pytest.raises(json.JSONDecodeError):
        place.job.run("delete", PLAN, {"what": "several", "tasks": tasks})
    assert place.job.lake.read(f"{FOLDER}failure.txt").startswith(f"{lines['key']}: JSONDecodeError")


@pytest.mark.parametrize("step", ["delete", "count"])
def test_list_of_users_that_changes_meanwhile_fails_the_deletion(place: Deployment, step: str) -> None:
    """Each task reads the list, and the tables are divided by the numbers of users in it."""
    place.job.run("plan", PLAN, {})
    if step == "count":  # a day that was compacted meanwhile is read again
        place.store("groups/films/events/2026/01/02/compacted.parquet", [{"userid": "ann", "sessionid": "s"}])
    place.s3.put_object(Bucket="caller", Key="gone/a.csv", Body=b"USER_ID\nbob\n")
    tasks = json.loads(place.job.lake.read(PLAN["work"]))
    item = next(task for task in tasks if task["what"] == "tables") if step == "delete" else {}
    with pytest.raises(WorkFailedError, match="changed while the job ran"):
        place.job.run(step, PLAN, item)
    assert "changed while the job ran" in place.job.lake.read(f"{FOLDER}failure.txt")
    assert "'bob'" in place.known()


def test_deletion_that_an_earlier_release_began_fails_and_says_what_to_do(place: Deployment) -> None:
    place.job.run("plan", PLAN, {})
    place.s3.delete_object(Bucket=LAKE, Key=f"{FOLDER}users.digest")
    item = next(task for task in json.loads(place.job.lake.read(PLAN["work"])) if task["what"] == "tables")
    with pytest.raises(WorkFailedError, match="Create the job again"):
        place.job.run("delete", PLAN, item)
    assert "Create the job again" in place.job.lake.read(f"{FOLDER}failure.txt")


def test_missing_object_is_found_by_a_list_because_s3_denies_to_read_it(place: Deployment) -> None:
    place.job.run("plan", PLAN, {})
    tasks = json.loads(place.job.lake.read(PLAN["work"]))
    place.s3.delete_object(Bucket=LAKE, Key=f"{FOLDER}users.digest")
    place.job.lake.client.meta.events.register("after-call.s3.GetObject", _denied_if_missing)
    item = next(task for task in tasks if task["what"] == "tables")
    with pytest.raises(WorkFailedError, match="Create the job again"):
        place.job.run("delete", PLAN, item)


def _denied_if_missing(http_response: Any, **_: Any) -> None:
    """S3's answer to a role that may list some keys only."""
    if http_response.status_code == 404:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, "GetObject")


def test_deletion_counts_compacted_events_once_and_leaves_none(place: Deployment) -> None:
    day = "groups/films/events/2026/01/02/"
    for name, user in (("a", "ann"), ("b", "bob")):
        place.store(f"{day}{name}.parquet", [{"eventid": "7", "userid": user, "sessionid": f"s-{user}"}])
    compact(place)
    assert place.run() == 12 + 1
    known = place.known()
    assert "ann" not in known and known.count("'eventid': '7'") == 2  # bob's, and its hidden copy


def test_deletion_finds_days_that_are_compacted_after_it_was_planned(place: Deployment) -> None:
    day = "groups/films/events/2026/01/02/"
    for name, user in (("a", "ann"), ("b", "bob")):
        place.store(f"{day}{name}.parquet", [{"eventid": "7", "userid": user, "sessionid": f"s-{user}"}])
    place.job.run("plan", PLAN, {})
    compact(place)
    for item in json.loads(place.job.lake.read(PLAN["work"])):
        place.job.run("delete", PLAN, item)
    assert place.job.run("count", PLAN, {})["numDeleted"] == 12 + 1
    assert "ann" not in place.known()


def compact(place: Deployment) -> None:
    assert Compaction(place.job.lake).run(lambda: 900.0) == {"compacted": 2, "deleted": 0}


@pytest.mark.parametrize("key", ["datasets/INTERACTIONS/1/a.parquet", "events/a.parquet"])
@pytest.mark.parametrize("damage", ["cut in half", "a page is overwritten", "no USER_ID"])
def test_damaged_file_fails_the_deletion_and_is_named(place: Deployment, key: str, damage: str) -> None:
    where = {"Bucket": LAKE, "Key": f"groups/films/{key}"}
    if damage == "no USER_ID":
        place.store(where["Key"], [{"ITEM_ID": "dune"}])
    else:
        data = place.s3.get_object(**where)["Body"].read()
        broken = data[: len(data) // 2] if damage == "cut in half" else data[:4] + b"\xff" * 60 + data[64:]
        place.s3.put_object(**where, Body=broken)
    with pytest.raises((WorkFailedError, ValueError)):
        place.run()
    assert where["Key"] in place.job.lake.read(f"{FOLDER}failure.txt")


def test_input_without_user_ids_fails_with_a_reason(place: Deployment) -> None:
    def source(body: bytes | None) -> dict[str, Any]:
        if body is not None:
            place.s3.put_object(Bucket="caller", Key="x.csv", Body=body)
        return {**PLAN, "source": f"s3://caller/{'none' if body is None else 'x.csv'}"}

    for body, error, say in (
        (None, InvalidLocation, "Invalid data location"),
        (b"USER\nann\n", WorkFailedError, r"missing the following columns: \[USER_ID\]"),
        (b"USER_ID\n", WorkFailedError, "no user ids"),
        (b"USER_ID\n\xff\n", WorkFailedError, "UTF-8"),
    ):
        with pytest.raises(error, match=say):
            place.job.run("plan", source(body), {})
    assert "UTF-8" in place.job.lake.read(f"{FOLDER}failure.txt")

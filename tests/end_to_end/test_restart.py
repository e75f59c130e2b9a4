"""A run is killed during an import and a training, and another run starts with its state."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import Local
from local.state.executions import INTERRUPTED
from local.state.snapshot import write_snapshot
from tests.end_to_end import shop
from tests.end_to_end.conftest import CREDENTIALS
from tests.end_to_end.store import Store, until

ITEM = shop.item("tea", 3)
Lists = dict[str, list[tuple[str, float]]]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run had returned and started before it was killed, and a snapshot of its state."""
    os.environ.update(CREDENTIALS)
    folder = tmp_path_factory.mktemp("killed")
    with Local(state=folder / "state") as run:
        store = Store(run.endpoint, "restart")
        store.load_shop()
        campaign = store.deploy("restart", store.train("aws-similar-items"))
        unseen = store.personalize.create_filter(
            name="unseen",
            datasetGroupArn=store.group,
            filterExpression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("view")',
        )["filterArn"]
        found = {"campaign": campaign, "filter": unseen, "datasets": store.datasets, "role": store.role}
        found["lists"] = lists(store, found)
        found["seen"] = found["lists"]["all"][0][0]
        found["import"] = interrupted_import(store)
        solution = store.personalize.create_solution(
            name="interrupted",
            datasetGroupArn=store.group,
            recipeArn="arn:aws:personalize:::recipe/aws-user-personalization-v2",
            performAutoTraining=False,
        )["solutionArn"]
        version = store.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        found["version"] = version
        store.tracking_id  # noqa: B018 a tracker takes a moment
        store.send("s", {"eventType": "view", "itemId": found["seen"]}, user="visitor")
        assert run._process is not None
        run._process.send_signal(signal.SIGKILL)
        run._process.wait()
    found["file"] = folder / "killed.tar.gz"
    write_snapshot(folder / "state", found["file"])
    return found


@pytest.fixture(scope="module")
def store(killed: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store in a run that starts with the snapshot, in another directory."""
    state: Path = tmp_path_factory.mktemp("again") / "state"
    with Local(state=state, seed=killed["file"]) as run:
        yield Store(run.endpoint, "restart", killed["datasets"])


def interrupted_import(store: Store) -> str:
    arn: str = store.personalize.create_dataset_import_job(
        jobName="interrupted",
        datasetArn=store.datasets["Interactions"],
        dataSource={"dataLocation": store.put("more.csv", shop.interactions_csv())},
        roleArn=store.role,
    )["datasetImportJobArn"]
    return arn


def lists(store: Store, found: dict[str, Any]) -> Lists:
    """The campaign's lists, with and without the filter of items that the visitor has viewed."""
    runtime = store.client("personalize-runtime")

    def ask(**more: Any) -> list[tuple[str, float]]:
        answer = runtime.get_recommendations(
            campaignArn=found["campaign"], itemId=ITEM, userId="visitor", numResults=10, **more
        )
        return [(item["itemId"], item.get("score", 0.0)) for item in answer["itemList"]]

    return {"all": ask(), "unseen": ask(filterArn=found["filter"])}


def test_campaign_answers_the_same_list_after_the_restart(store: Store, killed: dict[str, Any]) -> None:
    assert lists(store, killed)["all"] == killed["lists"]["all"]
    assert killed["lists"]["unseen"] == killed["lists"]["all"]


def test_event_that_was_acknowledged_before_the_kill_is_in_the_profile(
    store: Store, killed: dict[str, Any]
) -> None:
    def unseen() -> dict[str, Any]:
        items = [item for item, _ in lists(store, killed)["unseen"]]
        return {"status": "present" if killed["seen"] in items else "excluded"}

    until(unseen, "excluded")


def test_job_that_was_interrupted_fails_with_the_reason(store: Store, killed: dict[str, Any]) -> None:
    personalize = store.personalize

    def version() -> dict[str, Any]:
        found = personalize.describe_solution_version(solutionVersionArn=killed["version"])["solutionVersion"]
        return {"status": found["status"].replace("FAILED", "ended"), "reason": found.get("failureReason")}

    def job() -> dict[str, Any]:
        found = personalize.describe_dataset_import_job(datasetImportJobArn=killed["import"])
        return {"status": found["datasetImportJob"]["status"].replace("FAILED", "ended")}

    assert until(version, "CREATE ended")["reason"] == INTERRUPTED
    until(job, "CREATE ended", "ACTIVE")


def test_data_and_roles_of_the_earlier_run_serve_a_new_job(store: Store, killed: dict[str, Any]) -> None:
    job = store.personalize.create_dataset_import_job(
        jobName="again",
        datasetArn=store.datasets["Interactions"],
        dataSource={"dataLocation": "s3://restart-data/Interactions.csv"},
        roleArn=killed["role"],
    )["datasetImportJobArn"]
    store.wait("dataset_import_job", "datasetImportJob", job)

"""Requests and steps that change the same records at the same time, on threads and a table like DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from random import Random
from threading import Barrier, Lock
from typing import Any

import pytest

from tastemaker.control.core.conflicts import MAX_ATTEMPTS, repeat_on_conflict
from tastemaker.control.core.datasets import imports_of
from tastemaker.control.core.records import MemoryRepository
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import Conflict, ResourceInUse, ResourceNotFound, TastemakerError
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import World, world

THREADS = 8


class CrowdedRepository(MemoryRepository):
    """A repository for threads: when it is crowded, the first reads wait for each other.

    So all of them have read the same state before one of them writes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._barrier: Barrier | None = None
        self._waited, self._readers = count(), 0

    @contextmanager
    def crowded(self, readers: int) -> Iterator[None]:
        self._barrier, self._waited, self._readers = Barrier(readers), count(), readers
        yield
        self._barrier = None

    def get(self, arn: str) -> Any:
        with self._lock:
            found = super().get(arn)
        if self._barrier is not None and next(self._waited) < self._readers:
            self._barrier.wait(30)
        return found

    def create(self, *given: Any, **more: Any) -> Any:
        with self._lock:
            return super().create(*given, **more)

    def update(self, *given: Any) -> Any:
        with self._lock:
            return super().update(*given)

    def delete(self, *given: Any, **more: Any) -> None:
        with self._lock:
            super().delete(*given, **more)

    def list(self, **given: Any) -> Any:
        with self._lock:
            return super().list(**given)


@pytest.fixture
def crowd() -> tuple[World, CrowdedRepository]:
    repository = CrowdedRepository()
    return world(repository=repository), repository


def together(repository: CrowdedRepository, *calls: Callable[[], Any], readers: int = THREADS) -> list[Any]:
    """Run eight calls at the same time. Returns what each returned, or the error that it raised.

    `readers` of them read a record by its ARN.
    """
    assert len(calls) == THREADS
    with ThreadPoolExecutor(THREADS) as pool, repository.crowded(readers):
        running = [pool.submit(call) for call in calls]
        return [one.exception(60) or one.result() for one in running]


def test_imports_that_end_together_are_all_visible(crowd: tuple[World, CrowdedRepository]) -> None:
    here, repository = crowd
    group = shop.group(here)
    dataset = shop.dataset(here, group)
    shop.imported(here, dataset)
    steps = WorkflowSteps(here.control)
    jobs = [shop.import_job(here, dataset, f"j{n}", importMode="INCREMENTAL") for n in range(THREADS)]
    requests = [{"datasetImportJobArn": job} for job in jobs]
    plans = [steps.begin("import", request, f"e{n}") for n, request in enumerate(requests)]

    def end(number: int) -> Callable[[], None]:
        return lambda: steps.succeed("import", requests[number], plans[number], {"rows": 1})

    assert together(repository, *map(end, range(THREADS))) == [None] * THREADS
    found = here.control.records.find_any(dataset)
    assert sorted(one["jobArn"] for one in imports_of(here.control, found))[1:] == sorted(jobs)
    assert {here.control.records.find_any(job).status for job in jobs} == {"ACTIVE"}


def test_solutions_are_created_while_their_group_is_tagged(crowd: tuple[World, CrowdedRepository]) -> None:
    here, repository = crowd
    group = shop.group(here)

    def create(number: int) -> Callable[[], Any]:
        return lambda: shop.solution(here, group, f"s{number}")

    def tag(number: int) -> Callable[[], Any]:
        one = {"tagKey": f"k{number}", "tagValue": ""}
        return lambda: here.call("TagResource", resourceArn=group, tags=[one])

    found = together(repository, *map(create, range(4)), *map(tag, range(4)))
    assert not [one for one in found if isinstance(one, Exception)]
    assert len(here.call("ListSolutions")["solutions"]) == 4
    assert len(here.call("ListTagsForResource", resourceArn=group)["tags"]) == 4


def test_one_of_many_updates_wins_and_the_others_say_what_to_wait_for(
    crowd: tuple[World, CrowdedRepository],
) -> None:
    here, repository = crowd
    group, _ = shop.shop(here)
    campaign = shop.deployed(here, shop.trained(here, shop.solution(here, group)))

    def update(number: int) -> Callable[[], Any]:
        return lambda: here.call("UpdateCampaign", campaignArn=campaign, minProvisionedTPS=number + 2)

    found = together(repository, *map(update, range(THREADS)))
    refused = [str(one) for one in found if isinstance(one, Exception)]
    assert len(refused) == THREADS - 1
    assert all("wait until it has ended" in one for one in refused)


def test_group_is_deleted_or_gets_a_dataset_and_never_both(crowd: tuple[World, CrowdedRepository]) -> None:
    here, repository = crowd
    for number in range(5):
        group = shop.group(here, f"films-{number}")
        schema = shop.schema(here, name=f"schema-{number}")
        request = {"name": "d", "datasetType": "Interactions", "datasetGroupArn": group, "schemaArn": schema}

        def create(request: dict[str, Any] = request) -> Any:
            return here.call("CreateDataset", **request)

        def delete(group: str = group) -> Any:
            return here.call("DeleteDatasetGroup", datasetGroupArn=group)

        found = together(repository, *[create, delete] * 4)
        errors = [one for one in found if isinstance(one, Exception)]
        assert all(isinstance(one, TastemakerError) and not isinstance(one, Conflict) for one in errors)
        record = here.control.records.find_any(group)
        datasets = here.call("ListDatasets", datasetGroupArn=group)["datasets"]
        assert (record.status == "DELETE PENDING") == (datasets == [])


def test_tracker_is_created_once_and_deleted_once(crowd: tuple[World, CrowdedRepository]) -> None:
    here, repository = crowd
    group = shop.group(here)
    request = {"name": "t", "datasetGroupArn": group}
    made = together(repository, *[lambda: here.call("CreateEventTracker", **request)] * THREADS)
    (tracker,) = [one for one in made if not isinstance(one, Exception)]
    arn = tracker["eventTrackerArn"]
    gone = together(repository, *[lambda: here.call("DeleteEventTracker", eventTrackerArn=arn)] * THREADS)
    errors = [one for one in gone if one is not None and one != {}]
    assert len(errors) == THREADS - 1
    assert all(isinstance(one, ResourceNotFound | ResourceInUse) for one in errors)
    assert here.call("CreateEventTracker", **request)["trackingId"] != tracker["trackingId"]


def test_list_shows_each_resource_once_while_others_are_created_and_deleted(
    crowd: tuple[World, CrowdedRepository],
) -> None:
    here, repository = crowd
    group, _ = shop.shop(here)
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'

    def make(name: str) -> str:
        request = {"name": name, "datasetGroupArn": group, "filterExpression": expression}
        return str(here.call("CreateFilter", **request)["filterArn"])

    lasting = {make(f"lasting-{number}") for number in range(30)}

    def write(thread: int) -> Callable[[], None]:
        def work() -> None:
            for number in range(15):
                here.call("DeleteFilter", filterArn=make(f"passing-{thread}-{number}"))

        return work

    def listed() -> list[str]:
        found, token = [], None
        while True:
            more = {"nextToken": token} if token else {}
            page = here.call("ListFilters", datasetGroupArn=group, maxResults=7, **more)
            found += [one["filterArn"] for one in page["Filters"]]
            token = page["nextToken"]
            if token is None:
                return found

    found = together(repository, *map(write, range(4)), *[listed] * 4, readers=4)
    assert not [one for one in found if isinstance(one, Exception)]
    for arns in found[4:]:
        assert len(arns) == len(set(arns)) and lasting <= set(arns)


def test_writers_that_never_stop_end_in_a_conflict() -> None:
    attempts = []

    def work() -> None:
        attempts.append(1)
        raise Conflict("busy")

    with pytest.raises(Conflict, match="busy"):
        repeat_on_conflict(work, sleep=lambda _: None)
    assert len(attempts) == MAX_ATTEMPTS


def test_rounds_are_apart_by_growing_random_pauses() -> None:
    """Writers that start again at once meet again, and each round costs requests."""
    pauses: list[float] = []

    def work() -> None:
        raise Conflict("later")

    with pytest.raises(Conflict):
        repeat_on_conflict(work, sleep=pauses.append, rng=Random(1))
    assert len(pauses) == MAX_ATTEMPTS - 1 and len(set(pauses)) == len(pauses)
    assert pauses[0] <= 0.01 and 0.1 < max(pauses) <= 0.2
    assert sum(pauses) < 10

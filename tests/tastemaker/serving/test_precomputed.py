"""Lists that were computed ahead answer where the model cannot, and say so."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lambdas.stores.bundles import BundleMissingError, LoadedBundle
from tastemaker import models
from tastemaker.errors import TastemakerError
from tastemaker.filters import MaskCache
from tastemaker.models import Bundle
from tastemaker.serving.ports import Bundles
from tastemaker.serving.recommendations import get_recommendations
from tests.tastemaker.serving.films import PREFIX, Cinema, write_bundle

AS_OF, EXPIRES = 900, 2_000
"""The clock of the films stands at 1,000."""
ANN = {"recommendedItems": ["emma", "dune", "alien"], "scores": [0.5, 0.3, 0.2], "reasons": [["x"], [], []]}


class Shelf:
    """Lists by version and key."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Mapping[str, Any]] = {("lists-1", "ann"): ANN}

    def find(self, version: str, key: str) -> Mapping[str, Any] | None:
        return self.rows.get((version, key))


class Reports:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.counts: list[tuple[str, dict[str, str]]] = []
        self.exceptions: list[dict[str, Any]] = []

    def count(self, metric: str, **dimensions: str) -> None:
        self.counts.append((metric, dimensions))

    def exception(self, message: str, **fields: Any) -> None:
        self.exceptions.append(fields)


class Away(Bundles):
    """Bundles of which none is here. `comes`: within the time that a request waits."""

    def __init__(self, cinema: Cinema, *, comes: bool = False, gone: bool = False) -> None:
        self.folders, self.comes, self.gone = cinema.folders, comes, gone

    def has(self, uri: str) -> bool:
        return False

    def prefetch(self, uri: str, seconds: float) -> bool:
        return self.comes or self.gone

    def get(self, uri: str) -> LoadedBundle:
        if self.gone:
            raise BundleMissingError(f"There is no model at {uri}.")
        return self.folders.get(uri)


@pytest.fixture
def stored(cinema: Cinema) -> Cinema:
    """The films, with a list for Ann by the version that serves."""
    cinema.runtime.precomputed = Shelf()
    point(cinema)
    return cinema


def point(cinema: Cinema, name: str = "v2", **more: Any) -> None:
    pointer = {
        "version": "lists-1",
        "jobName": "nightly",
        "solutionVersionArn": f"{PREFIX}solution/{name}/1",
        "numResults": 25,
        "asOf": AS_OF,
        "expiresAt": EXPIRES,
        **more,
    }
    arn = f"{PREFIX}solution/{name}"
    cinema.now += 10  # records are cached for five seconds
    cinema.repository.records.pop(arn, None)
    cinema.add(f"solution/{name}", status="ACTIVE", _lists=pointer)


def ask(cinema: Cinema, **params: Any) -> tuple[list[str], str | None]:
    """(items, source) of an answer."""
    request = {"campaignArn": f"{PREFIX}campaign/v2", "userId": "ann", **params}
    answer = get_recommendations(cinema.runtime, request)
    assert answer["recommendationId"].startswith("RID-")
    return [item["itemId"] for item in answer["itemList"]], answer.get("source")


MODEL = ["dune", "casablanca", "alien", "brazil", "emma"]
LIST = ["emma", "dune", "alien"]


def test_a_model_that_is_here_answers(stored: Cinema) -> None:
    assert ask(stored) == (MODEL, None)


def test_a_model_that_is_being_fetched_is_not_waited_for_long(stored: Cinema) -> None:
    stored.runtime.bundles = Away(stored)
    says = "stored; reason=cold-start; job=nightly; as-of=1970-01-01T00:15:00Z"
    assert ask(stored) == (LIST, says)
    assert ask(stored, numResults=1) == (["emma"], says)
    stored.runtime.bundles = Away(stored, comes=True)
    assert ask(stored) == (MODEL, None)


def test_the_list_of_an_older_version_is_no_reason_not_to_wait(stored: Cinema) -> None:
    point(stored, solutionVersionArn=f"{PREFIX}solution/v2/0")
    stored.runtime.bundles = Away(stored)
    assert ask(stored) == (MODEL, None)


@pytest.mark.parametrize("version", ["0", "1"])
def test_a_model_that_fails_is_stood_in_for_and_counted(stored: Cinema, version: str) -> None:
    """By the last good state, which an older version may have made."""
    observer = stored.runtime.observer = Reports()
    point(stored, solutionVersionArn=f"{PREFIX}solution/v2/{version}")
    stored.runtime.bundles = Away(stored, gone=True)
    items, source = ask(stored)
    assert items == LIST and source is not None and "reason=failure" in source
    assert observer.counts == [("StoredAnswers", {"reason": "failure"})]
    assert observer.exceptions == [{"arn": f"{PREFIX}campaign/v2"}]


def test_entries_are_those_of_an_answer(stored: Cinema) -> None:
    stored.runtime.bundles = Away(stored, gone=True)
    status, body = stored.post("/recommendations", {"campaignArn": f"{PREFIX}campaign/v2", "userId": "ann"})
    assert status == 200
    assert body["itemList"] == [
        {"itemId": "emma", "score": 0.5, "reason": ["x"]},
        {"itemId": "dune", "score": 0.3},
        {"itemId": "alien", "score": 0.2},
    ]


class Disk(Bundles):
    """One folder, opened for each request as if it were the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, uri: str) -> LoadedBundle:
        bundle = Bundle.open(self.folder)
        return LoadedBundle(bundle, models.load(bundle), MaskCache())


@pytest.mark.parametrize(
    ("file", "content"),
    [("bundle.json", b'{"formatVersion": 99}'), ("bundle.json", b"{"), ("popularity.npy", b"\x93NUMPY")],
)
def test_a_folder_that_is_damaged_is_a_failure_too(
    stored: Cinema, tmp_path: Path, file: str, content: bytes
) -> None:
    stored.runtime.bundles = Disk(write_bundle(tmp_path / "disk", "sequence"))
    assert ask(stored)[1] is None
    (tmp_path / "disk" / file).write_bytes(content)
    items, source = ask(stored)
    assert items == LIST and source is not None


@pytest.mark.parametrize(
    "params",
    [
        {"filterArn": f"{PREFIX}filter/all"},
        {"context": {"DEVICE": "tv"}},
        {"metadataColumns": {"ITEMS": ["YEAR"]}},
        {"numResults": 26},
        {"userId": "bob"},
        {"promotions": [{"name": "p", "percentPromotedItems": 10, "filterArn": f"{PREFIX}filter/all"}]},
    ],
    ids=lambda params: next(iter(params)),
)
def test_what_a_list_cannot_answer_waits_for_the_model_or_fails_with_it(
    stored: Cinema, params: dict[str, Any]
) -> None:
    stored.filter("all", "INCLUDE ItemID WHERE Items.YEAR > 0")
    stored.runtime.bundles = Away(stored)
    assert ask(stored, **params)[1] is None
    stored.runtime.bundles = Away(stored, gone=True)
    with pytest.raises(BundleMissingError):
        ask(stored, **params)


def test_explanations_are_the_models(stored: Cinema) -> None:
    stored.runtime.bundles = Away(stored)
    assert ask(stored, explain=True) == (MODEL, None)


def test_lists_expire(stored: Cinema) -> None:
    point(stored, expiresAt=1_000)
    stored.runtime.bundles = Away(stored)
    assert ask(stored) == (MODEL, None)


def test_a_request_that_is_wrong_stays_wrong(stored: Cinema) -> None:
    stored.runtime.bundles = Away(stored, gone=True)
    request = {"campaignArn": f"{PREFIX}campaign/v2"}
    with pytest.raises(TastemakerError, match="userId is required"):
        get_recommendations(stored.runtime, request)


def test_related_items_are_found_by_the_item(stored: Cinema) -> None:
    point(stored, "similar")
    stored.runtime.precomputed.rows["lists-1", "dune"] = {"recommendedItems": ["brazil"]}  # type: ignore[attr-defined]
    stored.runtime.bundles = Away(stored)
    similar = f"{PREFIX}campaign/similar"
    assert ask(stored, campaignArn=similar, itemId="dune")[0] == ["brazil"]
    assert ask(stored, campaignArn=similar, itemId="alien")[1] is None


def test_a_table_that_fails_costs_no_answer(stored: Cinema, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def find(self, version: str, key: str) -> None:
            raise ConnectionError("no table")

    stored.runtime.precomputed = Broken()
    stored.runtime.bundles = Away(stored)
    with caplog.at_level(logging.CRITICAL):
        assert ask(stored) == (MODEL, None)
        stored.runtime.bundles = Away(stored, gone=True)
        with pytest.raises(BundleMissingError):
            ask(stored)


def test_what_a_list_showed_is_remembered_where_the_recipe_explores(stored: Cinema) -> None:
    shown: list[tuple[str, list[str]]] = []

    class Memory:
        def record(self, recommendation_id: str, arn: str, items: Any) -> None:
            shown.append((arn, list(items)))

    stored.runtime.impression_log = Memory()
    point(stored, "v1")
    stored.runtime.bundles = Away(stored)
    arn = f"{PREFIX}campaign/v1"
    ask(stored, campaignArn=arn)
    assert shown == [(arn, LIST)]

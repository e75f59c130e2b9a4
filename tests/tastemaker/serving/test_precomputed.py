"""Precomputed lists answer while a model is downloaded and after it fails, and name their source."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tastemaker.errors import TastemakerError
from tastemaker.serving.loaded import LoadedBundle
from tastemaker.serving.ports import Bundles
from tastemaker.serving.recommendations import get_recommendations
from tests.tastemaker.serving.films import PREFIX, Cinema, write_bundle

AS_OF, EXPIRES = 900, 2_000
"""The clock of the films shows 1,000."""
ANN = {"recommendedItems": ["emma", "dune", "alien"], "scores": [0.5, 0.3, 0.2], "reasons": [["x"], [], []]}


class ModelMissingError(TastemakerError):
    """There is no model."""


class FakeLists:
    """Lists by version and key."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Mapping[str, Any]] = {("lists-1", "ann"): ANN}

    def find(self, version: str, key: str) -> Mapping[str, Any] | None:
        return self.rows.get((version, key))


class FakeObserver:
    """An observer that keeps its reports."""

    def __init__(self) -> None:
        self.counts: list[tuple[str, dict[str, str]]] = []
        self.figures: dict[str, float] = {}
        self.exceptions: list[dict[str, Any]] = []

    def concerns(self, **resources: str) -> None:
        pass

    def add(self, metric: str, value: float = 1) -> None:
        self.figures[metric] = self.figures.get(metric, 0) + value

    def count(self, metric: str, **dimensions: str) -> None:
        self.counts.append((metric, dimensions))

    def exception(self, message: str, **fields: Any) -> None:
        self.exceptions.append(fields)


class RemoteBundles(Bundles):
    """Bundles that need a download. It ends in time if `comes`, and fails if `gone`."""

    def __init__(self, cinema: Cinema, *, comes: bool = False, gone: bool = False) -> None:
        self.bundles, self.comes, self.gone = cinema.bundles, comes, gone

    def has(self, uri: str) -> bool:
        return False

    def prefetch(self, uri: str, seconds: float) -> bool:
        return self.comes or self.gone

    def get(self, uri: str) -> LoadedBundle:
        if self.gone:
            raise ModelMissingError(f"There is no model at {uri}.")
        return self.bundles.get(uri)


@pytest.fixture
def stored(cinema: Cinema) -> Cinema:
    """The films, with a list for Ann of the deployed version."""
    cinema.runtime.precomputed = FakeLists()
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


def test_local_model_answers(stored: Cinema) -> None:
    assert ask(stored) == (MODEL, None)


def test_list_answers_while_the_model_is_downloaded(stored: Cinema) -> None:
    stored.runtime.bundles = RemoteBundles(stored)
    source = "stored; reason=cold-start; job=nightly; as-of=1970-01-01T00:15:00Z"
    assert ask(stored) == (LIST, source)
    assert ask(stored, numResults=1) == (["emma"], source)
    stored.runtime.bundles = RemoteBundles(stored, comes=True)
    assert ask(stored) == (MODEL, None)


def test_list_of_an_older_version_does_not_replace_a_download(stored: Cinema) -> None:
    point(stored, solutionVersionArn=f"{PREFIX}solution/v2/0")
    stored.runtime.bundles = RemoteBundles(stored)
    assert ask(stored) == (MODEL, None)


@pytest.mark.parametrize("version", ["0", "1"])
def test_list_replaces_a_failing_model_and_is_counted(stored: Cinema, version: str) -> None:
    """An older version may have computed the list."""
    observer = stored.runtime.observer = FakeObserver()
    point(stored, solutionVersionArn=f"{PREFIX}solution/v2/{version}")
    stored.runtime.bundles = RemoteBundles(stored, gone=True)
    items, source = ask(stored)
    assert items == LIST and source is not None and "reason=failure" in source
    assert observer.counts == [("StoredAnswers", {"reason": "failure"})]
    assert observer.exceptions == [{"arn": f"{PREFIX}campaign/v2"}]


def test_list_entries_have_the_members_of_an_answer(stored: Cinema) -> None:
    stored.runtime.bundles = RemoteBundles(stored, gone=True)
    status, body = stored.post("/recommendations", {"campaignArn": f"{PREFIX}campaign/v2", "userId": "ann"})
    assert status == 200
    assert body["itemList"] == [
        {"itemId": "emma", "score": 0.5, "reason": ["x"]},
        {"itemId": "dune", "score": 0.3},
        {"itemId": "alien", "score": 0.2},
    ]


class UncachedBundle(Bundles):
    """A bundle that is opened for each request."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, uri: str) -> LoadedBundle:
        return LoadedBundle.open(self.folder)


@pytest.mark.parametrize(
    ("file", "content"),
    [("bundle.json", b'{"formatVersion": 99}'), ("bundle.json", b"{"), ("popularity.npy", b"\x93NUMPY")],
)
def test_list_replaces_a_damaged_bundle(stored: Cinema, tmp_path: Path, file: str, content: bytes) -> None:
    stored.runtime.bundles = UncachedBundle(write_bundle(tmp_path / "disk", "sequence"))
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
def test_request_that_a_list_cannot_answer_needs_the_model(stored: Cinema, params: dict[str, Any]) -> None:
    stored.filter("all", "INCLUDE ItemID WHERE Items.YEAR > 0")
    stored.runtime.bundles = RemoteBundles(stored)
    assert ask(stored, **params)[1] is None
    stored.runtime.bundles = RemoteBundles(stored, gone=True)
    with pytest.raises(ModelMissingError):
        ask(stored, **params)


def test_explanations_need_the_model(stored: Cinema) -> None:
    stored.runtime.bundles = RemoteBundles(stored)
    assert ask(stored, explain=True) == (MODEL, None)


def test_expired_list_is_not_used(stored: Cinema) -> None:
    point(stored, expiresAt=1_000)
    stored.runtime.bundles = RemoteBundles(stored)
    assert ask(stored) == (MODEL, None)


def test_invalid_request_is_rejected_without_a_list(stored: Cinema) -> None:
    stored.runtime.bundles = RemoteBundles(stored, gone=True)
    request = {"campaignArn": f"{PREFIX}campaign/v2"}
    with pytest.raises(TastemakerError, match="userId is required"):
        get_recommendations(stored.runtime, request)


def test_list_of_related_items_is_found_by_item(stored: Cinema) -> None:
    point(stored, "similar")
    stored.runtime.precomputed.rows["lists-1", "dune"] = {"recommendedItems": ["brazil"]}  # type: ignore[attr-defined]
    stored.runtime.bundles = RemoteBundles(stored)
    similar = f"{PREFIX}campaign/similar"
    assert ask(stored, campaignArn=similar, itemId="dune")[0] == ["brazil"]
    assert ask(stored, campaignArn=similar, itemId="alien")[1] is None


def test_failing_table_does_not_fail_the_request(stored: Cinema, caplog: pytest.LogCaptureFixture) -> None:
    class BrokenLists:
        def find(self, version: str, key: str) -> None:
            raise ConnectionError("no table")

    stored.runtime.precomputed = BrokenLists()
    stored.runtime.bundles = RemoteBundles(stored)
    with caplog.at_level(logging.CRITICAL):
        assert ask(stored) == (MODEL, None)
        stored.runtime.bundles = RemoteBundles(stored, gone=True)
        with pytest.raises(ModelMissingError):
            ask(stored)


def test_list_answers_of_exploring_recipes_are_logged(stored: Cinema) -> None:
    shown: list[tuple[str, list[str]]] = []

    class FakeLog:
        def record(self, recommendation_id: str, arn: str, items: Any) -> None:
            shown.append((arn, list(items)))

    stored.runtime.impression_log = FakeLog()
    point(stored, "v1")
    stored.runtime.bundles = RemoteBundles(stored)
    arn = f"{PREFIX}campaign/v1"
    ask(stored, campaignArn=arn)
    assert shown == [(arn, LIST)]

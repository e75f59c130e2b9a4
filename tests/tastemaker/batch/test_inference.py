"""Lines of batch inference jobs: scored together or one by one, they equal live answers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tastemaker.batch import inference
from tastemaker.batch.inference import MAX_BYTES, InferenceJob
from tastemaker.errors import TastemakerError
from tastemaker.ids import save_array
from tastemaker.models.clusters import Clusters
from tastemaker.models.features import FeatureColumn, FeatureSpace
from tastemaker.models.weights import pack
from tastemaker.serving.loaded import LoadedBundle
from tests.tastemaker.models import test_encoder
from tests.tastemaker.serving.films import FILMS, GROUP, PREFIX, Cinema, write_bundle

QUESTIONS: list[dict[str, Any]] = [
    {"userId": "ann"},
    {"userId": "nobody"},
    {"userId": "bob", "filterValues": {"G": '"space"'}},
    {"userId": ""},
    {"userId": "ann", "filterValues": {"G": '"space","love"'}},
    {"userId": "carl", "filterValues": {"G": '"space"'}},
    {"userId": "ann"},
]
FILTERS = {
    "none": None,
    "shared": 'INCLUDE ItemID WHERE Items.GENRES IN ("space", "love")',
    "of-the-user": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")',
    "of-the-user-and-shared": 'INCLUDE ItemID WHERE Items.GENRES IN ("space", "love")'
    ' | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
    "only-of-the-user": 'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
    "with-values": "INCLUDE ItemID WHERE Items.GENRES IN ($G)",
    "values-of-the-user": "INCLUDE ItemID WHERE Items.GENRES IN ($G) IF CurrentUser.AGE > 20",
}


@pytest.fixture
def cinema(tmp_path: Path) -> Cinema:
    cinema = Cinema(tmp_path)
    cinema.saw("carl", "emma", "dune", start=900)
    cinema.saw("ann", "brazil", start=900, event_type="like")  # a type that the model does not know
    return cinema


def job(cinema: Cinema, recipe: str, filter_arn: str | None, model: str = "sequence") -> InferenceJob:
    return InferenceJob.from_plan(
        {
            "arn": f"{PREFIX}batch-inference-job/j",
            "solutionVersionArn": f"{PREFIX}solution/s/1",
            "datasetGroupArn": GROUP,
            "recipeArn": f"arn:aws:personalize:::recipe/{recipe}",
            "bundle": f"s3://lake/{model}/",
            "numResults": 4,
            "filterArn": filter_arn,
            "config": {},
        },  # type: ignore[typeddict-item]  # what answering a line reads
        cinema.runtime,
    )


def answered(work: InferenceJob, question: dict[str, Any]) -> tuple[Any, str]:
    """The output of a line, and its error."""
    try:
        return work.answer(question), ""
    except TastemakerError as error:
        return None, error.message


LIVE = {"few": ["dune", "emma"], "enough": ["alien", "brazil", "dune", "emma"]}
"""The films that are live in a catalog that turns over, for lists of four."""


@pytest.mark.parametrize("upserted", [False, True])
@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("campaign", ["v1", "v2"])
def test_lines_scored_together_equal_lines_alone_and_live_answers(
    cinema: Cinema, campaign: str, name: str, upserted: bool
) -> None:
    if upserted:
        cinema.upserts.films["emma"] = {"GENRES": "love|space"}
    compare(cinema, campaign, name)


@pytest.mark.parametrize("live", LIVE)
@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("campaign", ["v1", "v2"])
def test_lines_scored_together_equal_others_in_a_catalog_that_turns_over(
    cinema: Cinema, campaign: str, name: str, live: str
) -> None:
    cinema.turn_over("sequence", *LIVE[live])
    for films in compare(cinema, campaign, name):
        idle = [film not in LIVE[live] for film in films]
        assert idle == sorted(idle), "idle films come behind live ones"
        assert name != "none" or len(films) - sum(idle) == len(LIVE[live])


Answers = list[tuple[Any, str]]


def answers(cinema: Cinema, campaign: str, name: str) -> tuple[str | None, Answers, Answers]:
    """The ARN of a filter, and the answers to `QUESTIONS` with it: alone and together."""
    expression = FILTERS[name]
    arn = cinema.filter("f", expression) if expression else None
    recipe = {"v1": "aws-user-personalization", "v2": "aws-user-personalization-v2"}[campaign]
    alone = [answered(job(cinema, recipe, arn), question) for question in QUESTIONS]
    work = job(cinema, recipe, arn)
    work.score_together(QUESTIONS)
    together = [answered(work, question) for question in QUESTIONS]
    assert sum(output is not None for output, _ in together) >= 3
    return arn, alone, together


def compare(cinema: Cinema, campaign: str, name: str) -> list[list[str]]:
    """Compare the answers to `QUESTIONS` together, alone and live. Returns the films of each answer."""
    arn, alone, together = answers(cinema, campaign, name)
    assert together == alone
    for question, (output, _) in zip(QUESTIONS, together, strict=True):
        if output is not None:
            values = {} if arn is None else {"filterArn": arn, **question}
            live = cinema.ask(campaign, **{"userId": question["userId"], "numResults": 4} | values)
            assert output["recommendedItems"] == [item["itemId"] for item in live["itemList"]]
            assert output["scores"] == [item.get("score") for item in live["itemList"]]
    return [output["recommendedItems"] for output, _ in together if output is not None]


def test_ids_are_those_of_the_bundle_whether_their_json_is_kept_or_not(
    cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for kept in (inference.MAX_IDS, 0):
        monkeypatch.setattr(inference, "MAX_IDS", kept)
        found.append(job(cinema, "aws-similar-items", None, "similar").answer({"itemId": "alien"}))
    assert found[0] == found[1] == {"recommendedItems": cinema.items("similar", itemId="alien")[:4]}


def test_lines_that_follow_prepared_ones_are_answered_alone(cinema: Cinema) -> None:
    work = job(cinema, "aws-user-personalization-v2", None)
    work.score_together(QUESTIONS[:1])
    assert work.answer(dict(QUESTIONS[0])) == work.answer(QUESTIONS[0])


def test_model_for_items_answers_lines_of_a_group(cinema: Cinema) -> None:
    work = job(cinema, "aws-similar-items", None, "similar")
    questions = [{"itemId": "alien"}, {"itemId": "unknown"}, {"userId": "ann"}]
    work.score_together(questions)
    assert work.answer(questions[0])["recommendedItems"] == cinema.items("similar", itemId="alien")[:4]
    assert work.answer(questions[1])["recommendedItems"] == cinema.items("similar", itemId="unknown")[:4]
    with pytest.raises(TastemakerError, match="itemId is missing"):
        work.answer(questions[2])


def test_lines_for_items_read_nothing_before_they_are_answered(cinema: Cinema) -> None:
    arn = cinema.filter("f", FILTERS["of-the-user"] or "")
    work = job(cinema, "aws-similar-items", arn, "similar")
    work.score_together([{"itemId": "alien", "userId": "ann"}] * 3)
    assert cinema.profiles.queries == 0


def test_fewer_lines_are_scored_together_in_a_larger_catalog(cinema: Cinema) -> None:
    work = job(cinema, "aws-user-personalization-v2", None)
    assert work.lines_together == MAX_BYTES // len(FILMS)


DEVICES = tuple(f"d{number}" for number in range(40))


def with_contexts(folder: Path) -> Path:
    """Write a bundle of the films with a table of many contexts."""
    bundle = write_bundle(folder, "sequence")
    table = np.random.default_rng(4).normal(size=(len(DEVICES), len(FILMS))).astype(np.float32)
    save_array(bundle / "model" / "context_table.npy", table)
    save_array(bundle / "model" / "context_rows.npy", np.arange(len(DEVICES), dtype=np.int32))
    manifest = json.loads((bundle / "bundle.json").read_text())
    manifest["model"]["parts"]["context"] = {"weight": 1.0}
    column = FeatureColumn("DEVICE", "categorical", 0, DEVICES)
    manifest["model"]["contextTable"] = FeatureSpace((column,)).to_json()
    (bundle / "bundle.json").write_text(json.dumps(manifest))
    return bundle


@pytest.mark.parametrize("campaign", ["v1", "v2"])
def test_lines_of_many_contexts_equal_live_answers(cinema: Cinema, tmp_path: Path, campaign: str) -> None:
    loaded = LoadedBundle.open(with_contexts(tmp_path / "contexts"))
    cinema.bundles.loaded["s3://lake/sequence/"] = loaded
    recipe = {"v1": "aws-user-personalization", "v2": "aws-user-personalization-v2"}[campaign]
    work = job(cinema, recipe, None)
    assert work.lines_together == MAX_BYTES // (5 * len(FILMS)), "a mask, and four bytes for a score"
    asked: list[dict[str, Any]] = [
        {"userId": user, "context": {"DEVICE": device}} for device in DEVICES for user in ("ann", "bob")
    ]
    work.score_together(asked)
    together = [work.answer(question) for question in asked]
    assert len({tuple(one["recommendedItems"]) for one in together}) > 10
    for question, output in zip(asked, together, strict=True):
        live = cinema.ask(campaign, **question, numResults=4)["itemList"]
        assert output["recommendedItems"] == [item["itemId"] for item in live]
        assert output["scores"] == pytest.approx([item.get("score") for item in live], abs=2e-7)


def with_encoder(folder: Path, clustered: bool) -> Path:
    """Write a bundle of the films with an encoder of random weights."""
    bundle = write_bundle(folder, "sequence")
    rng, width = np.random.default_rng(2), test_encoder.WIDTH
    vectors = rng.normal(size=(len(FILMS), width)).astype(np.float32)
    weights = test_encoder.weights() | {"user_features": rng.normal(size=(1, width)).astype(np.float32)}
    flat, layout = pack(weights)
    arrays = {
        "encoder": flat,
        "item_vectors": vectors,
        "item_bias": rng.normal(size=len(FILMS)).astype(np.float32),
        "user_features.offsets": np.array([0, 1, 1]),
        "user_features.codes": np.zeros(1, np.int32),
        "user_features.weights": np.ones(1, np.float32),
    }
    for name, array in arrays.items():
        save_array(bundle / "model" / f"{name}.npy", array)
    manifest = json.loads((bundle / "bundle.json").read_text())
    manifest["model"]["parts"]["encoder"] = {"weight": 1.0}
    manifest["model"]["encoder"] = {**test_encoder.SHAPE, "weights": layout}
    manifest["model"]["context"] = FeatureSpace().to_json()
    (bundle / "bundle.json").write_text(json.dumps(manifest))
    if clustered:
        order, starts = np.array([0, 3, 1, 4, 2], np.int32), np.array([0, 2, 4, 5])
        centers = np.add.reduceat(vectors[order], starts[:-1]) / np.diff(starts)[:, None]
        spread = np.full(3, 0.3, np.float32)
        Clusters(order, starts, centers.astype(np.float32), spread, vectors[order], 0.3).save(
            bundle / "model"
        )
    return bundle


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("campaign", ["v1", "v2"])
def test_lines_of_a_model_with_an_encoder_equal_lines_alone_up_to_rounding(
    cinema: Cinema, tmp_path: Path, campaign: str, name: str, clustered: bool
) -> None:
    folder = with_encoder(tmp_path / "encoder", clustered)
    cinema.bundles.loaded["s3://lake/sequence/"] = LoadedBundle.open(folder)
    _, alone, together = answers(cinema, campaign, name)
    for (one, error), (other, why) in zip(together, alone, strict=True):
        assert error == why and (one is None) == (other is None)
        if one is not None:
            scores, wanted = one.pop("scores"), other.pop("scores")
            assert one == other
            scored = [number for number, score in enumerate(wanted) if score is not None]
            assert [score is None for score in scores] == [score is None for score in wanted]
            assert [scores[n] for n in scored] == pytest.approx([wanted[n] for n in scored], abs=1e-6)

"""Lines of batch inference jobs: scored together or one by one, they equal live answers."""

from pathlib import Path
from typing import Any

import pytest

from tastemaker.batch.inference import InferenceJob
from tastemaker.errors import TastemakerError
from tests.tastemaker.serving.films import GROUP, PREFIX, Cinema

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
    try:
        return work.answer(question), ""
    except TastemakerError as error:
        return None, error.message


@pytest.mark.parametrize("upserted", [False, True])
@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("campaign", ["v1", "v2"])
def test_lines_scored_together_equal_lines_alone_and_live_answers(
    cinema: Cinema, campaign: str, name: str, upserted: bool
) -> None:
    if upserted:
        cinema.upserts.films["emma"] = {"GENRES": "love|space"}
    expression = FILTERS[name]
    arn = cinema.filter("f", expression) if expression else None
    recipe = {"v1": "aws-user-personalization", "v2": "aws-user-personalization-v2"}[campaign]
    alone = [answered(job(cinema, recipe, arn), question) for question in QUESTIONS]
    work = job(cinema, recipe, arn)
    work.score_together(QUESTIONS)
    together = [answered(work, question) for question in QUESTIONS]
    assert together == alone
    assert sum(output is not None for output, _ in together) >= 3
    for question, (output, _) in zip(QUESTIONS, together, strict=True):
        if output is not None:
            values = {} if arn is None else {"filterArn": arn, **question}
            live = cinema.ask(campaign, **{"userId": question["userId"], "numResults": 4} | values)
            assert output["recommendedItems"] == [item["itemId"] for item in live["itemList"]]
            assert output["scores"] == [item.get("score") for item in live["itemList"]]


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

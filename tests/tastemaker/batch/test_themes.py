"""Themes of batch inference jobs, on the films of the tests of serving."""

from pathlib import Path

import numpy as np
import pytest

from tastemaker import recipes
from tastemaker.batch.inference import InferenceJob
from tastemaker.batch.lines import BadLine
from tastemaker.batch.themes import TEXT_VECTORS, ThemeJob
from tastemaker.contracts.plans import ThemePlan
from tastemaker.generation.generator import Unavailable
from tastemaker.generation.writer import Writer
from tastemaker.ids import save_array
from tastemaker.serving.endpoints import Endpoint
from tests.tastemaker.generation.generators import Scripted
from tests.tastemaker.serving.films import GROUP, PREFIX, Cinema

PLAN: ThemePlan = {"itemName": "TITLE", "texts": ["PLOT"]}


@pytest.fixture
def cinema(tmp_path: Path) -> Cinema:
    return Cinema(tmp_path)


def job_of(cinema: Cinema, *, results: int = 4, filter_arn: str | None = None) -> InferenceJob:
    recipe = recipes.by_arn("arn:aws:personalize:::recipe/aws-similar-items")
    arn, version = f"{PREFIX}batch-inference-job/j", f"{PREFIX}solution/similar/1"
    endpoint = Endpoint(arn, version, GROUP, recipe, "s3://lake/similar/", {})
    return InferenceJob(cinema.runtime, endpoint, results, filter_arn)


def test_themes_do_not_change_the_items_and_their_scores_fall(cinema: Cinema) -> None:
    job = job_of(cinema)
    plain = job.answer({"itemId": "alien"})["recommendedItems"]
    output = ThemeJob(job, PLAN, Writer()).answer({"itemId": "alien"})
    assert list(output) == ["recommendedItems", "theme", "itemsThemeRelevanceScores"]
    assert sorted(output["recommendedItems"]) == sorted(plain)
    scores = output["itemsThemeRelevanceScores"]
    assert scores == sorted(scores, reverse=True) and len(scores) == len(plain)
    assert output["theme"]


def test_items_are_ordered_by_their_text_vectors(cinema: Cinema, tmp_path: Path) -> None:
    """Brazil and emma are alike; the theme has no word of any film, so that their center decides."""
    vectors = np.array([[0, 1], [1, 0], [0, -1], [-1, 0.1], [1, 0.1]], np.float16)
    save_array(tmp_path / "similar" / "model" / TEXT_VECTORS, vectors)
    themes = ThemeJob(job_of(cinema), PLAN, Writer(Scripted("Quiet evenings")))
    output = themes.answer({"itemId": "alien"})
    assert output["theme"] == "Quiet evenings"
    assert set(output["recommendedItems"][:2]) == {"brazil", "emma"}
    assert output["itemsThemeRelevanceScores"][-1] < 0


def test_model_without_access_leaves_the_words_of_the_items(cinema: Cinema) -> None:
    themes = ThemeJob(job_of(cinema), PLAN, Writer(Scripted(Unavailable("no access"))))
    assert (
        themes.answer({"itemId": "alien"})["theme"]
        == ThemeJob(job_of(cinema), PLAN, Writer()).answer({"itemId": "alien"})["theme"]
    )


def test_line_without_items_has_an_error(cinema: Cinema) -> None:
    nothing = cinema.filter("nothing", "INCLUDE ItemID WHERE Items.YEAR > 3000")
    with pytest.raises(BadLine, match="no items"):
        ThemeJob(job_of(cinema, filter_arn=nothing), PLAN, Writer()).answer({"itemId": "alien"})

"""Messages of batch inference jobs, on films with titles and prices."""

from pathlib import Path
from typing import Any

import pytest

from tastemaker import recipes
from tastemaker.batch.inference import InferenceJob
from tastemaker.batch.lines import BadLine
from tastemaker.batch.messages import MessageJob, largest_cost
from tastemaker.contracts.text_models import TextGeneration
from tastemaker.generation.writer import Writer
from tastemaker.serving.endpoints import Endpoint
from tests.tastemaker.extensions.cinema import cinema_with_texts
from tests.tastemaker.generation.generators import Scripted
from tests.tastemaker.serving.films import GROUP, PREFIX, Cinema


@pytest.fixture
def cinema(tmp_path: Path) -> Cinema:
    return cinema_with_texts(tmp_path)


def job(
    cinema: Cinema, scripted: Scripted | None = None, filter_arn: str | None = None, **config: Any
) -> MessageJob:
    recipe = recipes.by_arn("arn:aws:personalize:::recipe/aws-user-personalization")
    arn, version = f"{PREFIX}batch-inference-job/j", f"{PREFIX}solution/v1/1"
    endpoint = Endpoint(arn, version, GROUP, recipe, "s3://lake/sequence/", {})
    inference = InferenceJob(cinema.runtime, endpoint, 3, filter_arn)
    settings = TextGeneration("amazon.nova-micro-v1:0" if scripted else "", personal_data=("HISTORY",))
    return MessageJob(inference, {"messageType": "EMAIL_BODY", **config}, Writer(scripted), settings)


def test_line_has_its_recommendations_and_a_message_about_them(cinema: Cinema) -> None:
    messages = job(cinema, itemColumns={"currency": "EUR"}, language="es", greeting="Hola {{name}}:")
    output = messages.answer({"userId": "ann"})
    plain = messages.job.answer({"userId": "ann"})
    assert {name: output[name] for name in plain} == plain
    message = output["message"]
    assert message["itemIds"] == output["recommendedItems"] and message["source"] == "template"
    assert message["text"].startswith("Hola {{name}}:\n\nEsta es") and "- Dune – 4 €" in message["text"]
    assert {fact["itemId"] for fact in message["facts"]} == set(output["recommendedItems"])


def test_each_line_permits_the_data_of_its_own_user_only(cinema: Cinema) -> None:
    scripted = Scripted(*["Dune"] * 4)
    messages = job(cinema, scripted)
    messages.answer({"userId": "ann"})
    messages.answer({"userId": "bob"})
    assert "newest interests: Dune, Casablanca Nights" in scripted.prompts[0].text
    assert "reader" not in scripted.prompts[-1].text


def test_line_without_items_has_an_error(cinema: Cinema) -> None:
    nothing = cinema.filter("nothing", "INCLUDE ItemID WHERE Items.YEAR > 3000")
    with pytest.raises(BadLine, match="no items"):
        job(cinema, filter_arn=nothing).answer({"userId": "ann"})


def test_templates_cost_nothing_and_models_by_the_text() -> None:
    assert largest_cost(TextGeneration(), "EMAIL_BODY", 1e6) == 0
    micro, pro = TextGeneration("amazon.nova-micro-v1:0"), TextGeneration("amazon.nova-pro-v1:0")
    assert 0 < largest_cost(micro, "PUSH", 1e6) < largest_cost(micro, "EMAIL_BODY", 1e6)
    assert largest_cost(pro, "PUSH", 1e6) > 10 * largest_cost(micro, "PUSH", 1e6)

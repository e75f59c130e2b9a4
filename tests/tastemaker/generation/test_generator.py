import pytest

from tastemaker.contracts.text_models import GEOGRAPHIES, TEXT_MODELS, TextGeneration, text_model
from tastemaker.generation.generator import Generator, Templates, estimated_tokens, request_text
from tests.tastemaker.generation.generator_suite import DRAFT, PROMPT, GeneratorSuite
from tests.tastemaker.generation.generators import PROMPT as OTHER


class TestTemplates(GeneratorSuite):
    @pytest.fixture
    def generator(self) -> Generator:
        return Templates()

    def test_answer_is_the_draft(self, generator: Generator) -> None:
        assert generator.generate(PROMPT).text == DRAFT


def test_inference_profile_has_the_price_of_its_model() -> None:
    assert text_model("us.amazon.nova-micro-v1:0") is text_model("amazon.nova-micro-v1:0") is not None
    assert text_model("us.amazon.titan") is None and text_model("") is None


@pytest.mark.parametrize("geography", ["us", "us-gov", "eu", "apac", "jp", "au", "global"])
def test_geographies_are_those_of_bedrock(geography: str) -> None:
    """Claude Haiku 4.5 has profiles for Japan and Australia, and none for Asia.

    https://docs.aws.amazon.com/cdk/api/v2/docs/@aws-cdk_aws-bedrock-alpha.CrossRegionInferenceProfileRegion.html
    """
    assert geography in GEOGRAPHIES
    haiku = "anthropic.claude-haiku-4-5-20251001-v1:0"
    assert text_model(f"{geography}.{haiku}") is text_model(haiku) is not None


def test_models_are_listed_from_the_cheapest_to_the_most_expensive() -> None:
    costs = [model.cost(400, 60) for model in TEXT_MODELS.values()]
    assert costs == sorted(costs) and costs[0] > 0


def test_settings_survive_the_environment() -> None:
    settings = TextGeneration("amazon.nova-micro-v1:0", "us-east-1", "us", 7, ("HISTORY", "AGE"))
    assert TextGeneration.from_json(settings.to_json()) == settings
    assert settings.invoked == "us.amazon.nova-micro-v1:0"
    with pytest.raises(ValueError, match="members"):
        TextGeneration.from_json("{}")


def test_problems_of_an_answer_are_a_part_of_the_next_request() -> None:
    again = type(OTHER)(OTHER.system, OTHER.text, OTHER.draft, problems=("It is too long.",))
    assert request_text(again).endswith("rejected:\n- It is too long.")
    assert estimated_tokens(again) > estimated_tokens(OTHER)

"""Bedrock by botocore's own stubber, which checks requests and answers against the service model."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import get_session
from botocore.stub import ANY, Stubber

from lambdas.support.generators.bedrock import CONFIG, Converse
from lambdas.support.generators.connect import GenerationFigures, TextLimits, generator_of
from tastemaker.contracts.text_models import TEXT_MODELS, TextGeneration
from tastemaker.generation.generator import (
    Generator,
    GeneratorError,
    Refused,
    Templates,
    Throttled,
    TimedOut,
    Unavailable,
    Usage,
)
from tests.tastemaker.generation.generator_suite import DRAFT, PROMPT, GeneratorSuite

MODEL = TEXT_MODELS["amazon.nova-micro-v1:0"]
REQUEST = {
    "modelId": "us.amazon.nova-micro-v1:0",
    "system": [{"text": PROMPT.system}],
    "messages": [{"role": "user", "content": [{"text": PROMPT.text}]}],
    "inferenceConfig": {"maxTokens": 30, "temperature": 0.0},
}

LIMITS = TextLimits(seconds=30.0, call_seconds=20.0)


def answer(text: str = DRAFT, reason: str = "end_turn") -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}] if text else []}},
        "stopReason": reason,
        "usage": {"inputTokens": 40, "outputTokens": 6, "totalTokens": 46},
        "metrics": {"latencyMs": 300},
    }


@pytest.fixture
def client() -> Any:
    return get_session().create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        config=CONFIG,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber


@pytest.fixture
def generator(client: Any, stub: Stubber) -> Generator:
    return Converse(client, "us.amazon.nova-micro-v1:0", MODEL)


class TestConverse(GeneratorSuite):
    @pytest.fixture
    def generator(self, client: Any, stub: Stubber) -> Generator:
        for _ in range(2):
            stub.add_response("converse", answer(), REQUEST)
        return Converse(client, "us.amazon.nova-micro-v1:0", MODEL)


def test_tokens_are_those_that_bedrock_counts(generator: Generator, stub: Stubber) -> None:
    stub.add_response("converse", answer(), REQUEST)
    assert generator.generate(PROMPT).usage == Usage(40, 6)
    assert generator.cost(Usage(1_000_000, 1_000_000)) == pytest.approx(0.175)


def test_text_that_ends_at_the_limit_is_not_complete(generator: Generator, stub: Stubber) -> None:
    stub.add_response("converse", answer("Leaf te", "max_tokens"), REQUEST)
    assert not generator.generate(PROMPT).complete


@pytest.mark.parametrize("reason", ["content_filtered", "guardrail_intervened"])
def test_stop_by_a_filter_is_a_refusal(generator: Generator, stub: Stubber, reason: str) -> None:
    stub.add_response("converse", answer("I cannot", reason), REQUEST)
    with pytest.raises(Refused, match=reason):
        generator.generate(PROMPT)


def test_answer_without_text_is_a_refusal(generator: Generator, stub: Stubber) -> None:
    stub.add_response("converse", answer(""), REQUEST)
    with pytest.raises(Refused, match="without text"):
        generator.generate(PROMPT)


@pytest.mark.parametrize(
    ("code", "error", "advice"),
    [
        ("ThrottlingException", Throttled, ""),
        ("ModelTimeoutException", TimedOut, ""),
        ("ServiceUnavailableException", TimedOut, ""),
        ("InternalServerException", TimedOut, ""),
        ("ModelNotReadyException", TimedOut, ""),
        ("AccessDeniedException", Unavailable, "aws-marketplace:Subscribe"),
        ("ResourceNotFoundException", Unavailable, "generation.region"),
        ("ValidationException", Unavailable, "generation.geography"),
    ],
)
def test_errors_say_whether_another_try_can_help(
    generator: Generator, stub: Stubber, code: str, error: type[GeneratorError], advice: str
) -> None:
    stub.add_client_error("converse", code, "said Bedrock", expected_params=dict.fromkeys(REQUEST, ANY))
    with pytest.raises(error, match="said Bedrock") as raised:
        generator.generate(PROMPT)
    assert advice in str(raised.value) and "us-east-1" in str(raised.value)


def test_every_error_of_the_operation_is_known(client: Any) -> None:
    known = {"AccessDeniedException", "ResourceNotFoundException", "ValidationException"}
    from lambdas.support.generators.bedrock import THROTTLED, TRANSIENT

    errors = {shape.name for shape in client.meta.service_model.operation_model("Converse").error_shapes}
    assert errors <= known | THROTTLED | TRANSIENT


def test_stage_without_a_model_has_templates() -> None:
    assert isinstance(generator_of(TextGeneration(), GenerationFigures(5.0), LIMITS), Templates)


def test_retries_tokens_and_cost_of_a_stage_with_a_model_are_figures(
    client: Any, stub: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = TextGeneration("amazon.nova-micro-v1:0", "us-east-1", "us", 5)
    figures = GenerationFigures(5.0)
    made = generator_of(settings, figures, LIMITS, client)
    stub.add_client_error("converse", "ThrottlingException", "busy")
    stub.add_response("converse", answer(), REQUEST)
    assert made.generate(PROMPT).text == DRAFT
    assert made.generate(PROMPT).text == DRAFT  # from the cache: the stub has no further answer
    found = figures.emit()
    assert found == {
        "GenerationThrottles": 1,
        "GenerationCalls": 1,
        "GenerationInputTokens": 40,
        "GenerationOutputTokens": 6,
        "GenerationCost": pytest.approx(2.24e-6, abs=1e-6),
    }
    assert '"GenerationInputTokens":40' in capsys.readouterr().out
    assert figures.emit() == {}

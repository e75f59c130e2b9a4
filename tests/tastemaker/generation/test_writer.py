import pytest

from tastemaker.generation.generator import (
    CeilingReached,
    Generated,
    Refused,
    Templates,
    Throttled,
    Unavailable,
)
from tastemaker.generation.writer import Writer
from tests.tastemaker.generation.generators import PROMPT, Scripted


class Figures:
    def __init__(self) -> None:
        self.found: dict[str, float] = {}

    def add(self, metric: str, value: float = 1) -> None:
        self.found[metric] = self.found.get(metric, 0) + value


def no_toasters(text: str) -> list[str]:
    return ["There is no toaster."] if "toaster" in text.casefold() else []


def test_good_answer_is_used() -> None:
    figures = Figures()
    written = Writer(Scripted('"Fine teas"'), figures).write(
        PROMPT, no_toasters, clean=lambda t: t.strip('"')
    )
    assert (written.text, written.source, written.problems) == ("Fine teas", "scripted", ())
    assert figures.found == {"GeneratedTexts": 1}


def test_rejected_answer_is_generated_again_with_its_problems() -> None:
    scripted = Scripted("Toasters", "Fine teas")
    written = Writer(scripted).write(PROMPT, no_toasters)
    assert written.text == "Fine teas" and written.problems == ("There is no toaster.",)
    assert scripted.prompts[1].problems == ("There is no toaster.",)


def test_template_is_used_after_two_rejected_answers() -> None:
    figures = Figures()
    written = Writer(Scripted("Toasters", "More toasters", "Fine teas"), figures).write(PROMPT, no_toasters)
    assert (written.text, written.by_template, len(written.problems)) == ("Tea", True, 2)
    assert figures.found == {"GenerationRejections": 2, "GenerationFallbacks": 1}


@pytest.mark.parametrize("error", [Throttled("busy"), Refused("no"), Unavailable("no access")])
def test_template_is_used_if_the_model_cannot_answer(error) -> None:
    written = Writer(Scripted(error)).write(PROMPT, no_toasters)
    assert (written.text, written.source, written.problems) == ("Tea", "template", (str(error),))


def test_answer_that_was_cut_off_is_rejected() -> None:
    written = Writer(Scripted(Generated("Fine t", complete=False), "Fine teas")).write(PROMPT, no_toasters)
    assert written.text == "Fine teas" and "cut off" in written.problems[0]


def test_generator_above_the_ceiling_uses_the_template_or_raises() -> None:
    written = Writer(Scripted(CeilingReached("5 USD"))).write(PROMPT, no_toasters)
    assert written.by_template
    with pytest.raises(CeilingReached):
        Writer(Scripted(CeilingReached("5 USD"))).write(PROMPT, no_toasters, strict=True)


def test_templates_are_no_fallback_without_a_model() -> None:
    figures = Figures()
    assert Writer(Templates(), figures).write(PROMPT, no_toasters).text == "Tea"
    assert figures.found == {}

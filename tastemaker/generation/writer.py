"""A text that is checked before anybody reads it: if it fails, another try, then the template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tastemaker.contracts.metrics import GENERATED_TEXTS, GENERATION_FALLBACKS, GENERATION_REJECTIONS
from tastemaker.contracts.text_models import MAX_ATTEMPTS
from tastemaker.generation.generator import (
    TEMPLATE,
    CeilingReached,
    Generator,
    GeneratorError,
    Prompt,
    Templates,
)

Check = Callable[[str], Sequence[str]]
"""What is wrong with a text; empty if nothing is. The sentences are for the model and for people."""


class Counter(Protocol):
    """Adds to a figure of the request or job, as a serving `Observer` does."""

    def add(self, metric: str, value: float = 1) -> None: ...


class NoCounter:
    """Counts nothing."""

    def add(self, metric: str, value: float = 1) -> None:
        pass


@dataclass(frozen=True)
class Written:
    """A checked text.

    `source` is the name of the model, or `template`. `problems` says why answers of the model were not used:
    what the check found, or the error.
    """

    text: str
    source: str = TEMPLATE
    problems: tuple[str, ...] = ()

    @property
    def by_template(self) -> bool:
        """Whether no model wrote the text."""
        return self.source == TEMPLATE


class Writer:
    """Writes texts with a generator, and falls back to the template."""

    def __init__(self, generator: Generator | None = None, counter: Counter | None = None) -> None:
        self._generator: Generator = generator or Templates()
        self._counter: Counter = counter or NoCounter()

    @property
    def name(self) -> str:
        """The name of the model, or `template`."""
        return self._generator.name

    def largest_cost(self, prompt: Prompt) -> float:
        """The most that a text can cost, in US dollars."""
        return MAX_ATTEMPTS * self._generator.largest_cost(prompt)

    def write(
        self, prompt: Prompt, check: Check, *, clean: Callable[[str], str] = str.strip, strict: bool = False
    ) -> Written:
        """A text that passes the check, or the prompt's draft.

        `clean` removes what models add around a text. With `strict`, a ceiling on cost raises CeilingReached.
        """
        problems: list[str] = []
        attempt = prompt
        for _ in range(MAX_ATTEMPTS if self.name != TEMPLATE else 0):
            try:
                answer = self._generator.generate(attempt)
            except CeilingReached:
                if strict:
                    raise
                problems.append("The ceiling on cost is reached.")
                break
            except GeneratorError as error:
                problems.append(str(error))
                break
            text = clean(answer.text)
            found = list(check(text)) if answer.complete else ["The text is too long and was cut off."]
            if not found:
                self._counter.add(GENERATED_TEXTS)
                return Written(text, self.name, tuple(problems))
            self._counter.add(GENERATION_REJECTIONS)
            problems += found
            attempt = replace(prompt, problems=tuple(found))
        if self.name != TEMPLATE:
            self._counter.add(GENERATION_FALLBACKS)
        return Written(prompt.draft, TEMPLATE, tuple(problems))

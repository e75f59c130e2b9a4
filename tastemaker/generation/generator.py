"""The interface of text generators, and the errors that they raise.

    GeneratorError
    ├── Throttled            too many calls; a later one can succeed
    ├── TimedOut             no answer in time; a later one can succeed
    ├── Refused              the model or a guardrail does not answer this prompt
    ├── Unavailable          no access to the model, or no such model; no call can succeed
    └── CeilingReached       the job may not spend more

Each prompt has a `draft`, which a template wrote from the same facts. So every generator has an answer that
is good enough, and a text never fails for want of a model.
"""

# ruff: noqa: N818 - the names state what happened

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from tastemaker.generation.briefs import Brief


class GeneratorError(Exception):
    """The root of all errors of generators. `str(error)` says what happened and how to fix it."""


class Throttled(GeneratorError):
    """The service accepts no more calls now."""


class TimedOut(GeneratorError):
    """The service did not answer in time, or failed in a way that may pass."""


class Refused(GeneratorError):
    """The model, or a guardrail, refused the prompt or gave no text. `usage` has the tokens of the call."""

    def __init__(self, message: str, usage: Usage | None = None) -> None:
        super().__init__(message)
        self.usage = usage or Usage()


class Unavailable(GeneratorError):
    """The model cannot be called at all: access is missing, or there is no such model in the region."""


class CeilingReached(GeneratorError):
    """The next call could cost more than what is left of the ceiling."""


@dataclass(frozen=True)
class Usage:
    """Tokens of one call or of many."""

    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens)


@dataclass(frozen=True)
class Prompt:
    """What a generator is asked for.

    `system` has the rules, `text` the data, and `draft` the text of a template. `max_tokens` limits the
    answer. `personal` is true if `text` contains data about a user: such a prompt is never stored. `problems`
    says what was wrong with an earlier answer. `brief` is what a small model gets in place of the rest; None
    if the text is beyond such models.
    """

    system: str
    text: str
    draft: str
    max_tokens: int = 200
    personal: bool = False
    problems: tuple[str, ...] = field(default=())
    brief: Brief | None = None


@dataclass(frozen=True)
class Generated:
    """An answer. `complete` is false if it was cut off at the limit of tokens."""

    text: str
    usage: Usage = Usage()
    complete: bool = True


class Generator(Protocol):
    """Writes texts. The same prompt gives the same text, as far as the model allows."""

    @property
    def name(self) -> str:
        """The name of the model, or `template`."""

    def generate(self, prompt: Prompt) -> Generated:
        """The answer to a prompt. Raises GeneratorError."""

    def largest_cost(self, prompt: Prompt) -> float:
        """The most that this call can cost, in US dollars."""

    def cost(self, usage: Usage) -> float:
        """What these tokens cost, in US dollars."""


class Around:
    """The part of a Generator that another one answers. A subclass changes `generate`."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    @property
    def name(self) -> str:
        """The name of the other one's model."""
        return self._generator.name

    def largest_cost(self, prompt: Prompt) -> float:
        """The most that a call of the other one can cost, in US dollars."""
        return self._generator.largest_cost(prompt)

    def cost(self, usage: Usage) -> float:
        """What these tokens cost, in US dollars."""
        return self._generator.cost(usage)


TEMPLATE = "template"
"""The name of `Templates`, and the source of a text that no model wrote."""


class Templates:
    """A Generator that answers with the draft. It is always available and costs nothing."""

    name = TEMPLATE

    def generate(self, prompt: Prompt) -> Generated:
        return Generated(prompt.draft)

    def largest_cost(self, prompt: Prompt) -> float:
        return 0.0

    def cost(self, usage: Usage) -> float:
        return 0.0


CHARACTERS_PER_TOKEN = 3
"""Fewer than in any common language, so that an estimate is not too low."""
TOKENS_OF_FORMAT = 20
"""Tokens that a model's own format adds to a call."""


def estimated_tokens(prompt: Prompt) -> int:
    """At least as many tokens as the prompt has."""
    letters = len(request_text(prompt).encode()) + len(prompt.system.encode())
    return TOKENS_OF_FORMAT + -(-letters // CHARACTERS_PER_TOKEN)


def request_text(prompt: Prompt) -> str:
    """The user's turn of a prompt: the data, and what was wrong with an earlier answer."""
    if not prompt.problems:
        return prompt.text
    return prompt.text + "\n\nThe last answer was rejected:\n- " + "\n- ".join(prompt.problems)

"""Prompts for models that are too small for rules: a task in one line, examples, and the data.

A brief is for English texts that say in other words what a template or a description says. Longer texts,
other languages, and titles, which need to know what items have in common, are beyond such models.
"""

from __future__ import annotations

from dataclasses import dataclass

from tastemaker.generation.item_facts import ItemFacts
from tastemaker.generation.safe_text import shortened

MAX_TEXT_LETTERS = 400


@dataclass(frozen=True)
class Brief:
    """A task, examples of what is asked and answered, and the data of this text."""

    task: str
    examples: tuple[tuple[str, str], ...]
    data: str


def of_line(draft: str) -> Brief:
    """A line about items in other words than those of its template."""
    return Brief(
        "Rewrite the text in other words. Keep every name as it is. Add no facts.",
        (
            ("Picked for you: Oak Chair and Pine Table", "Take a closer look at Oak Chair and Pine Table"),
            (
                "Our recommendations: Blue Mug, Tea Pot and Red Bowl",
                "Blue Mug, Tea Pot and Red Bowl: three ideas for you",
            ),
            ("You may like these: Night Train (1998)", "How about Night Train (1998) tonight?"),
        ),
        draft,
    )


def of_text(item: ItemFacts) -> Brief:
    """A description in one sentence."""
    return Brief(
        "Shorten the description to one sentence. Use only its words.",
        (
            (
                "Oak Chair: This chair of solid oak has a high back, and a seat of woven straw. Dust it.",
                "The Oak Chair has a high back and a seat of woven straw.",
            ),
        ),
        f"{item.name}: {shortened(item.text, MAX_TEXT_LETTERS)}",
    )

"""Prompts for models that are too small for rules: a task in one line, examples, and the data.

A brief is for English texts of one line. Longer texts and other languages are beyond such models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tastemaker.generation.item_facts import ItemFacts
from tastemaker.generation.safe_text import shortened

MAX_NAMES = 6
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


def of_group(items: Sequence[ItemFacts]) -> Brief:
    """A title for items."""
    return Brief(
        "Write a title of two to four words for a group of products.",
        (
            ("Oak Chair; Pine Table; Ash Bench", "Wooden furniture"),
            ("Blue Mug; Tea Pot; Red Bowl; Soup Plate", "Tableware for every day"),
            ("Alien; Blade Runner; The Terminator", "Science fiction classics"),
        ),
        "; ".join(item.name for item in items[:MAX_NAMES]),
    )

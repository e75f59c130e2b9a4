"""Texts of items before a model, or a template, may use them.

Whoever writes an item's description could address the model in it ("prompt injection": Greshake et al.,
2023). Sentences that do are left out, together with addresses and markup. What is left out is not a source of
facts either, so a text that repeats it fails the check.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tastemaker.generation.item_facts import ItemFacts, one_line
from tastemaker.notation import SEPARATOR

MAX_LETTERS = 400
"""The letters of an item's text that are used."""

_SENTENCE = re.compile(r"(?<=[.!?…:;])\s+|\n+|\s*[|•]\s*")
_ADDRESSED = re.compile(
    r"""(?ix)
    \b(?:ignor\w*|disregard\w*|forget\w*|overrid\w*|bypass\w*|vergiss\w*|ignorier\w*|oublie\w*|olvid\w*)\b
        .{0,40}\b(?:instruction\w*|prompt\w*|rules?|previous|above|prior|everything|anweisung\w*|regeln|
                    instrucciones|consignes)\b
    | \b(?:system|assistant|user|developer|human)\s*(?:prompt|message)?\s*:
    | \b(?:you\s+are|act\s+as|pretend|roleplay)\b.{0,30}
        \b(?:assistant|model|ai|bot|chatbot|language|admin\w*)\b
    | \bas\s+an?\s+(?:ai|language\s+model|assistant)\b
    | \b(?:respond|reply|answer|output)\b.{0,25}\b(?:only|exactly|with)\b
    | \b(?:print|write|say|repeat|translate|tell|append|include|insert)\b.{0,25}
        \b(?:only|exactly|following|the\s+(?:user|customer|reader|words?|text|message|prompt)|users|
            customers|readers)\b
    | \bnew\s+instructions?\b | \bjailbreak\w* | \bprompt\s+injection\b
    | <\|.*?\|> | \[/?INST\] | \#{3,} | ```
    """
)
_ADDRESS = re.compile(
    r"(?i)\b(?:https?://|www\.)\S+|\b[\w.+-]+@[\w-]+\.\w+|\b[\w-]+\.(?:com|net|org|io|ru|info)\b\S*"
)
_MARKUP = re.compile(r"<[^<>]{1,200}>|&#?\w{1,8};|\{\{.*?\}\}|[{}<>`]")


def addresses_the_model(text: str) -> bool:
    """Whether a text tries to give orders to a model."""
    return _ADDRESSED.search(text) is not None


def safe_text(text: str, most: int = MAX_LETTERS) -> str:
    """The text on one line, without markup, addresses and sentences that address a model."""
    plain = _MARKUP.sub(" ", text)
    kept = [
        one_line(part)
        for part in _SENTENCE.split(plain)
        if not addresses_the_model(part) and not _ADDRESS.search(part)
    ]
    return shortened(" ".join(part for part in kept if part), most)


def safe_facts(item: ItemFacts) -> ItemFacts:
    """The item with safe texts. An item whose name is not safe is called by its ID."""
    return replace(
        item,
        name=safe_text(item.name, 120) or item.item_id,
        text=safe_text(item.text),
        attributes={name: _safe_values(value) for name, value in item.attributes.items()},
    )


def _safe_values(values: str) -> str:
    """Each value of an attribute as a safe text."""
    return SEPARATOR.join(safe_text(value, 120) for value in values.split(SEPARATOR))


def shortened(text: str, most: int) -> str:
    """The text with at most `most` letters: whole sentences if one fits, else whole words and an ellipsis."""
    if len(text) <= most:
        return text
    cut = text[:most]
    end = max(cut.rfind(mark) for mark in (". ", "! ", "? "))
    if end >= most // 3:
        return cut[: end + 1]
    words = cut[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-")
    return f"{words}…"


def contains_address(text: str) -> bool:
    """Whether a text has a web or mail address."""
    return _ADDRESS.search(text) is not None


def contains_markup(text: str) -> bool:
    """Whether a text has tags, entities, braces or code marks."""
    return _MARKUP.search(text) is not None

"""Messages about what is recommended: what a request orders, and what may be said about a user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.text_models import TextGeneration
from tastemaker.generation.item_facts import as_text
from tastemaker.generation.messages import Message, MessageOrder, MessageType
from tastemaker.generation.safe_text import safe_text
from tastemaker.serving.item_texts import ItemTexts
from tastemaker.serving.query import Query

HISTORY = "HISTORY"
"""The name by which a stage permits the items of a user's newest events to reach a model."""
MAX_HISTORY = 3


def order_of(params: Mapping[str, Any], texts: ItemTexts, about: tuple[str, ...] = ()) -> MessageOrder:
    """What a request, or the `messageConfig` of a batch job, orders."""
    return MessageOrder(
        MessageType(params["messageType"]),
        params.get("tone") or "NEUTRAL",
        params.get("language") or "en",
        params.get("maxLength") or 0,
        (params.get("itemColumns") or {}).get("currency"),
        about,
        texts.catalog.names,
    )


def described(message: Message, greeting: str | None = None) -> dict[str, Any]:
    """A message as responses and output files have it. No model has seen the greeting."""
    return {
        "text": f"{greeting}\n\n{message.text}" if greeting else message.text,
        "itemIds": [item.item_id for item in message.items],
        "facts": [
            {"text": fact.text, "itemId": fact.item_id, "column": fact.column, "value": fact.value}
            for fact in message.facts
        ],
        "source": message.source,
        "problems": list(message.problems),
    }


def about_user(query: Query, texts: ItemTexts, settings: TextGeneration) -> tuple[str, ...]:
    """What the stage permits a model to know about the user."""
    found = []
    permitted = settings.personal_data if settings.model else ()
    if HISTORY in permitted and len(query.past.history):
        newest = query.past.history.items[::-1].tolist()
        ids = query.loaded.bundle.items.take(list(dict.fromkeys(newest))[:MAX_HISTORY])
        names = [item.name for item in texts.of(ids)]
        found.append(f"newest interests: {', '.join(names)}")
    columns = query.loaded.bundle.user_columns
    for name in permitted:
        column = columns.find(name)
        value = column.value(query.user_index) if column is not None and query.user_index >= 0 else None
        if value is not None:
            found.append(f"{name}: {safe_text(as_text(value), 60)}")
    return tuple(found)

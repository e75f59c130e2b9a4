"""GenerateMessage: a message about what is recommended to a user or a segment, with its sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tastemaker.contracts.text_models import TextGeneration
from tastemaker.errors import InvalidInput
from tastemaker.extensions.item_texts import ItemTexts
from tastemaker.generation import messages
from tastemaker.generation.item_facts import ItemFacts, as_text
from tastemaker.generation.messages import ITEMS, Message, MessageOrder, MessageType
from tastemaker.generation.safe_text import safe_text
from tastemaker.generation.writer import Writer
from tastemaker.serving import recommendations
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime

HISTORY = "HISTORY"
"""The name by which a stage permits the items of a user's newest events to reach a model."""
MAX_HISTORY = 3
RANK_OFFSET = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke, Büttcher, 2009)."""


def generate_message(
    runtime: Runtime, settings: TextGeneration, writer: Writer, params: Mapping[str, Any]
) -> dict[str, Any]:
    """The members of the response. Raises InvalidInput and ResourceNotFound."""
    endpoint = runtime.endpoint(params)
    users = _users(endpoint, params)
    one = users[0] if len(users) == 1 else None
    query = Query(runtime, endpoint, one, params.get("itemId"))
    texts = ItemTexts(query, params.get("itemColumns") or {})
    order = order_of(params, texts, about_user(query, texts, settings) if one else ())
    items = _items(runtime, endpoint, params, users, texts, ITEMS[order.message_type])
    message = messages.write(order, items, writer, texts.catalog.background if _is_row(order) else None)
    return {"message": described(message, params.get("greeting"))}


def order_of(params: Mapping[str, Any], texts: ItemTexts, about: tuple[str, ...] = ()) -> MessageOrder:
    """What the request orders."""
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


def _is_row(order: MessageOrder) -> bool:
    return order.message_type is MessageType.ROW_TITLE


def _users(endpoint: Endpoint, params: Mapping[str, Any]) -> list[str]:
    users = [params["userId"]] if params.get("userId") else list(params.get("userIds") or ())
    if params.get("userId") and params.get("userIds"):
        raise InvalidInput("Give userId for one user, or userIds for a segment, but not both.")
    if endpoint.recipe.needs_user and not users:
        raise InvalidInput(f"{endpoint.recipe.name} needs userId or userIds.")
    return users


def _items(
    runtime: Runtime,
    endpoint: Endpoint,
    params: Mapping[str, Any],
    users: Sequence[str],
    texts: ItemTexts,
    count: int,
) -> list[ItemFacts]:
    """The items that the message is about. Those of a segment are fused by their ranks."""
    wanted = params.get("itemIds")
    if wanted:
        found = texts.of(wanted)
        if len(found) < len(wanted):
            known = {item.item_id for item in found}
            missing = next(item for item in wanted if item not in known)
            raise InvalidInput(f"The model knows no item {missing}.")
        return found
    scores: dict[str, float] = {}
    asking: Sequence[str | None] = users or [None]
    for user in asking:
        asked = {
            "userId": user,
            "itemId": params.get("itemId"),
            "filterArn": params.get("filterArn"),
            "filterValues": params.get("filterValues") or {},
            "numResults": count if len(users) < 2 else 5 * count,
        }
        answer = recommendations.answer(runtime, endpoint, asked)["itemList"]
        for rank, entry in enumerate(answer):
            scores[entry["itemId"]] = scores.get(entry["itemId"], 0.0) + 1 / (RANK_OFFSET + rank)
    best = sorted(scores, key=lambda item: -scores[item])[:count]
    items = texts.of(best)
    if not items:
        raise InvalidInput("There is nothing to recommend: the filter may allow no items.")
    return items

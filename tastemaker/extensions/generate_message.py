"""GenerateMessage: a message about what is recommended to a user or a segment, with its sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tastemaker.contracts.text_models import TextGeneration
from tastemaker.errors import InvalidInput
from tastemaker.generation import messages
from tastemaker.generation.item_facts import ItemFacts
from tastemaker.generation.messages import ITEMS, MessageOrder, MessageType
from tastemaker.generation.writer import Writer
from tastemaker.serving import recommendations
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.item_texts import ItemTexts
from tastemaker.serving.messages import about_user, described, order_of
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime

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

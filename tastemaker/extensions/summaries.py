"""SummarizeItem and DescribeTaste: short texts for product pages and for dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.errors import InvalidInput
from tastemaker.generation import messages
from tastemaker.generation.taste import Trait, sentence, taste_of
from tastemaker.generation.writer import Writer
from tastemaker.schemas.naming import fold
from tastemaker.serving import recommendations
from tastemaker.serving.item_texts import ItemTexts
from tastemaker.serving.messages import described, order_of
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime

VIEW = 50
"""The recommendations that show the model's view of a user."""
NEWEST = 10


def summarize_item(runtime: Runtime, writer: Writer, params: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the response. Raises InvalidInput and ResourceNotFound."""
    endpoint = runtime.endpoint(params)
    texts = ItemTexts(Query(runtime, endpoint), params.get("itemColumns") or {})
    items = texts.of([params["itemId"]])
    if not items:
        raise InvalidInput(f"The model knows no item {params['itemId']}.")
    order = order_of({**params, "messageType": "PRODUCT_BLURB"}, texts)
    return {"summary": described(messages.write(order, items, writer))}


def describe_taste(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the response. Raises InvalidInput and ResourceNotFound."""
    endpoint = runtime.endpoint(params)
    if not endpoint.recipe.needs_user:
        raise InvalidInput(
            f"{endpoint.recipe.name} has no view of a user: use a campaign that recommends to users."
        )
    query = Query(runtime, endpoint, params["userId"])
    texts = ItemTexts(query, params.get("itemColumns") or {})
    asked = {"userId": params["userId"], "numResults": VIEW}
    view = [entry["itemId"] for entry in recommendations.answer(runtime, endpoint, asked)["itemList"]]
    newest = list(dict.fromkeys(query.past.history.items[::-1].tolist()))[:NEWEST]
    recent = query.loaded.bundle.items.take(newest) if newest else []
    taste = taste_of(texts.of(view), texts.of(recent), texts.catalog.sample)
    return {
        "text": sentence(taste, params.get("language") or "en"),
        "usual": [_trait(trait) for trait in taste.usual],
        "recent": [_trait(trait) for trait in taste.recent],
        "eventCount": len(query.past.history),
    }


def _trait(trait: Trait) -> dict[str, Any]:
    decade = fold(trait.column) in ("year", "releaseyear")
    return {
        "column": trait.column,
        "value": f"{trait.value}s" if decade else trait.value,
        "share": trait.share,
        "lift": trait.lift,
    }

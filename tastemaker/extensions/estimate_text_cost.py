"""EstimateTextCost: what a number of generated texts can cost, before anything is spent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.text_models import MAX_ATTEMPTS, TEXT_MODELS, TOKENS, TextGeneration, is_small


def estimate_text_cost(settings: TextGeneration, params: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the response."""
    read, written = TOKENS[params["textType"]]
    count = params["textCount"]
    estimates = [
        {
            "model": model.model_id,
            "expectedCostUsd": round(model.cost(read * count, written * count), 4),
            "largestCostUsd": round(MAX_ATTEMPTS * model.cost(read * count, written * count), 4),
            "used": model.model_id == settings.model,
        }
        for model in TEXT_MODELS.values()
    ]
    free = {"model": "template", "expectedCostUsd": 0.0, "largestCostUsd": 0.0, "used": not settings.model}
    small = {**free, "model": settings.model, "used": True}
    own = [free, small] if is_small(settings.model) else [free]
    return {"estimates": [*own, *estimates], "ceilingUsd": settings.ceiling_usd}

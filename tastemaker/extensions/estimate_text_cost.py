"""EstimateTextCost: what a number of generated texts can cost, before anything is spent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.text_models import TEXT_MODELS, TextGeneration

TOKENS: Mapping[str, tuple[int, int]] = {
    "THEME": (760, 12),
    "EMAIL_SUBJECT": (560, 24),
    "EMAIL_BODY": (720, 190),
    "PUSH": (480, 34),
    "ROW_TITLE": (900, 12),
    "PRODUCT_BLURB": (360, 64),
}
"""Input and output tokens of a text: means over the retail shop (`benchmarks/quality/texts.py`)."""

MAX_ATTEMPTS = 2
"""Texts that fail the check are written a second time, so that no text costs more than twice the mean."""


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
    return {"estimates": [free, *estimates], "ceilingUsd": settings.ceiling_usd}

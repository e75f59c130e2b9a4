"""Request headers of earlier versions, read as the request members that replaced them."""

from collections.abc import Mapping
from typing import Any

EXPLAIN = "x-tastemaker-explain"
"""Deprecated: use the member `explain`. The next release reads the header, the one after it does not."""


def with_explain(params: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of GetRecommendations, with `explain` if the header asks for it."""
    asked = any(name.lower() == EXPLAIN and value.lower() == "true" for name, value in headers.items())
    return {**params, "explain": True} if asked else params

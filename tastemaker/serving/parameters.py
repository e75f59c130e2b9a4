"""Checks of request parameters that several operations have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.errors import InvalidInput
from tastemaker.serving.endpoints import Endpoint


def check_operation(endpoint: Endpoint, operation: str) -> None:
    """Raise InvalidInput if the recipe of an endpoint answers another operation."""
    recipe = endpoint.recipe
    if recipe.call != operation:
        raise InvalidInput(f"{endpoint.arn} uses the recipe {recipe.name}: call {recipe.call} instead.")


def require(params: Mapping[str, Any], member: str, endpoint: Endpoint) -> None:
    """Raise InvalidInput if a request lacks a member that the recipe requires."""
    if not params.get(member):
        raise InvalidInput(f"{member} is required: {endpoint.arn} uses the recipe {endpoint.recipe.name}.")


def result_count(params: Mapping[str, Any], *, default: int, limit: int, with_metadata: bool = False) -> int:
    """Return `numResults` or its default. Raises InvalidInput above the limit."""
    count: int = params.get("numResults") or default
    if count > limit:
        raise InvalidInput(
            f"numResults is {count}; it can be at most {limit}{' with metadata' if with_metadata else ''}."
        )
    return count

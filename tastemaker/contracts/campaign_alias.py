"""Campaigns that are aliases of others, as the control plane stores them and as serving reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ALIAS_OF = "aliasOf"
"""The member of an alias with the ARN of the campaign that it points at."""


def target_of(body: Mapping[str, Any]) -> str | None:
    """The campaign that an alias points at; None for a campaign of its own."""
    target: str | None = body.get(ALIAS_OF)
    return target

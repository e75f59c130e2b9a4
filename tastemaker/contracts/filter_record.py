"""The compiled form of a filter in its record, which spares serving the parser."""

from collections.abc import Mapping
from typing import Any, cast

COMPILED = "_compiled"
"""The internal member of a filter's record that holds the compiled expression."""


def compiled_of(body: Mapping[str, Any]) -> str | None:
    """Return the compiled expression of a filter's record, for `filters.load`; None if it has none."""
    return cast("str | None", body.get(COMPILED))

"""Page tokens. A token is opaque, and valid only for the list and the filters that it was made for."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from tastemaker import documents
from tastemaker.errors import InvalidNextToken

T = TypeVar("T")
DEFAULT_SIZE = 100


def size_of(request: Mapping[str, Any]) -> int:
    """The number of results per page."""
    return int(request.get("maxResults", DEFAULT_SIZE))


def start_of(operation: str, request: Mapping[str, Any]) -> str | None:
    """The position in the request's token; None without a token. Raises InvalidNextToken."""
    token = request.get("nextToken")
    if token is None:
        return None
    problem = InvalidNextToken(
        f"This nextToken does not belong to {operation} with these filters; start again without one."
    )
    try:
        seal, position = documents.parse(base64.urlsafe_b64decode(token.encode()))
    except (TypeError, ValueError):  # not a pair, or not JSON in base 64
        raise problem from None
    if not isinstance(position, str) or seal != _seal(operation, request, position):
        raise problem
    return position


def token(operation: str, request: Mapping[str, Any], position: str | None) -> str | None:
    """The `nextToken` of a response whose next page starts at `position`."""
    if position is None:
        return None
    document = json.dumps([_seal(operation, request, position), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(document.encode()).decode()


def page(operation: str, request: Mapping[str, Any], items: Sequence[T]) -> tuple[list[T], str | None]:
    """One page of a list in memory, and the next token. Raises InvalidNextToken."""
    start = int(start_of(operation, request) or 0)
    end = start + size_of(request)
    return list(items[start:end]), token(operation, request, str(end) if end < len(items) else None)


def _seal(operation: str, request: Mapping[str, Any], position: str) -> str:
    filters = {name: value for name, value in request.items() if name not in ("nextToken", "maxResults")}
    content = json.dumps([operation, filters, position], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]

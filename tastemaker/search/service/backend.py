"""What answers searches: the embedded index, or an OpenSearch server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tastemaker.search.errors import SearchError
from tastemaker.search.service.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class Search:
    """A search without pipeline. `index` None means that the request names none.

    `pipeline` is the name of a pipeline for the backend itself, or what a pipeline in the request has for the
    embedded index. `query` are parameters of
    the URL, or members of the header in `_msearch`, for a server.
    """

    index: str | None
    body: Mapping[str, Any]
    pipeline: str | Mapping[str, Any] | None = None
    query: Mapping[str, Any] = field(default_factory=dict)


class Backend(Protocol):
    """A backend. It raises SearchError for what it cannot answer."""

    passes_on: bool
    """Whether requests without a processor of ours are passed on as they are."""

    def search(self, search: Search) -> dict[str, Any]:
        """The response to one search."""
        ...

    def search_many(self, searches: Sequence[Search]) -> list[dict[str, Any] | SearchError]:
        """The responses to several searches, each on its own."""
        ...

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The response to any other request."""
        ...

    def put_pipeline(self, name: str, rest: Mapping[str, Any]) -> None:
        """Store the processors of a pipeline that the backend performs itself."""
        ...

    def pipelines(self, name: str | None) -> Mapping[str, Any]:
        """The pipelines that the backend has itself: all, or those that `name` names."""
        ...

    def delete_pipeline(self, name: str) -> bool:
        """Delete a pipeline that the backend has itself. Returns whether there was one."""
        ...

    def default_pipeline(self, index: str) -> str | None:
        """The default pipeline of an index."""
        ...

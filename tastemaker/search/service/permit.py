"""Whether the caller of a request may do what it asks for."""

from __future__ import annotations

from typing import Protocol

from tastemaker.search.pipelines.options import RankingOptions
from tastemaker.search.service.http import HttpRequest


class Permit(Protocol):
    """Checks of one request. Each raises ForbiddenError."""

    def request(self, request: HttpRequest) -> None:
        """Check a method on a path."""
        ...

    def index(self, index: str) -> None:
        """Check the search of an index that the body of the request names."""
        ...

    def ranking(self, options: RankingOptions) -> None:
        """Check the use of a campaign."""
        ...


class PermitAll:
    """Everything is allowed."""

    def request(self, request: HttpRequest) -> None:
        pass

    def index(self, index: str) -> None:
        pass

    def ranking(self, options: RankingOptions) -> None:
        pass

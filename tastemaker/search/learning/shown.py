"""What a personalized search showed, as the log of searches keeps it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

MAX_CANDIDATES = 200
"""The best hits of a search that are kept. Later ones rarely matter, and a record is paid by its size."""
SIGNIFICANT_DIGITS = 6
LOG_KEY, LOG_MEMBER = "search", "page"
"""The sort key and the attribute of a row of the log in the table of recommendations."""


@dataclass(frozen=True)
class Candidates:
    """The hits that were ranked, in the order of the search. Ranks begin with 1."""

    items: Sequence[str | None]
    search_scores: Sequence[float]
    personal_ranks: Sequence[int | None]
    personal_scores: Sequence[float | None]

    def first(self, count: int) -> Candidates:
        """The best `count` hits of the search, with rounded scores."""
        return Candidates(
            self.items[:count],
            [_rounded(score) for score in self.search_scores[:count]],
            self.personal_ranks[:count],
            [None if score is None else _rounded(score) for score in self.personal_scores[:count]],
        )


@dataclass(frozen=True)
class ShownSearch:
    """One page of a personalized search.

    `source` is the attribution source of the processor, and `query` the member of the request. `shown` are
    the items of the page, whose first place is `start` (from 0). `first` is the place (from 0) of the first
    candidate among all hits: a processor without a window ranks the hits of the page only. The user is not
    part of it.
    """

    recommendation_id: str
    campaign_arn: str
    source: str
    index: str
    query: Any
    weight: float
    fusion: str
    start: int
    shown: Sequence[str]
    candidates: Candidates
    first: int = 0

    def encoded(self) -> bytes:
        """The page as compressed JSON, with the best candidates."""
        value = asdict(self) | {"candidates": asdict(self.candidates.first(MAX_CANDIDATES))}
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        # A query may have half of a surrogate pair, which JSON allows and UTF-8 does not.
        return zlib.compress(text.encode("utf-8", "replace"))

    @classmethod
    def decoded(cls, data: bytes) -> ShownSearch:
        """What `encoded` wrote."""
        value = json.loads(zlib.decompress(data))
        return cls(**{**value, "candidates": Candidates(**value["candidates"])})


def _rounded(score: float) -> float:
    return float(f"{score:.{SIGNIFICANT_DIGITS}g}")

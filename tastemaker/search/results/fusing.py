"""How the queries of a `hybrid` query become one order: OpenSearch's processors of search phase results.

https://docs.opensearch.org/latest/search-plugins/search-pipelines/normalization-processor/ and
score-ranker-processor/. Details that the pages do not give are those of opensearch-project/neural-search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.search.errors import ConfigurationError, InvalidArgumentError, UnsupportedError
from tastemaker.search.queries.matches import Matches
from tastemaker.search.queries.reading import Members

NORMALIZATION, RANKS = "normalization-processor", "score-ranker-processor"
NORMALIZATIONS = ("min_max", "l2")
COMBINATIONS = ("arithmetic_mean", "geometric_mean", "harmonic_mean")
LOWEST = 0.001
"""What the lowest score becomes, so that it differs from no score."""
MAX_RANK_CONSTANT = 10_000

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Fusing:
    """How scores are made comparable and combined. `normalization` None means by reciprocal ranks."""

    normalization: str | None = "min_max"
    combination: str = "arithmetic_mean"
    weights: tuple[float, ...] = ()
    rank_constant: int = 60

    def fused(self, sets: Sequence[Matches], size: int) -> Matches:
        """Combine the best documents of each query. `size` is the number of all documents."""
        weights = np.array(self.weights or [1.0] * len(sets))
        if len(weights) != len(sets):
            raise InvalidArgumentError(
                f"number of weights [{len(weights)}] must match number of sub-queries [{len(sets)}] in "
                "hybrid query"
            )
        table = np.zeros((len(sets), size))
        found = np.zeros(size, bool)
        for row, some in enumerate(sets):
            table[row, some.documents] = self._comparable(some.scores.astype(np.float64))
            found[some.documents] = True
        documents = np.flatnonzero(found).astype(np.int32)
        return Matches(documents, self._combined(table[:, documents], weights).astype(np.float32))

    def _comparable(self, scores: Scores) -> Scores:
        if not len(scores):
            return scores
        if self.normalization is None:
            ranks = np.empty(len(scores))
            ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
            return 1 / (self.rank_constant + ranks)
        if self.normalization == "l2":
            length = float(np.sqrt(np.square(scores).sum()))
            return scores / length if length > 0 else np.full(len(scores), LOWEST)
        low, high = float(scores.min()), float(scores.max())
        if high == low:
            return np.ones(len(scores))
        scaled = (scores - low) / (high - low)
        return np.where(scaled == 0, LOWEST, scaled)

    def _combined(self, table: Scores, weights: Scores) -> Scores:
        column = weights[:, None]
        if self.normalization is None:
            return np.asarray((table * column).sum(0))
        if self.combination == "arithmetic_mean":
            return np.asarray((table * column).sum(0) / max(float(weights.sum()), 1e-12))
        # A query that does not find a document does not count.
        counted = np.where(table > 0, column, 0.0)
        total = np.maximum(counted.sum(0), 1e-12)
        safe = np.where(table > 0, table, 1.0)
        if self.combination == "geometric_mean":
            return np.asarray(np.exp((counted * np.log(safe)).sum(0) / total))
        return np.asarray(total / np.maximum((counted / safe).sum(0), 1e-12))


def read_fusing(rest: Mapping[str, Any]) -> Fusing | None:
    """Read what a pipeline has beside our processor; None if that is nothing.

    Raises UnsupportedError for another processor, and ConfigurationError.
    """
    for section in ("request_processors", "response_processors"):
        for processor in rest.get(section) or ():
            raise UnsupportedError(
                f"Invalid processor type {next(iter(processor))}. The embedded index has "
                f"personalized_search_ranking, {NORMALIZATION} and {RANKS}."
            )
    given = rest.get("phase_results_processors") or ()
    if len(given) > 1:
        raise UnsupportedError("The embedded index has one processor of search phase results in a pipeline.")
    for processor in given:
        ((kind, values),) = processor.items()
        if kind not in (NORMALIZATION, RANKS):
            raise UnsupportedError(
                f"Invalid processor type {kind} in phase_results_processors. The embedded index has "
                f"{NORMALIZATION} and {RANKS}."
            )
        members = Members(kind, values)
        members.ignore("tag", "description", "ignore_failure")
        found = _by_scores(members) if kind == NORMALIZATION else _by_ranks(members)
        members.end()
        return found
    return None


def _by_scores(members: Members) -> Fusing:
    normalization = Members("normalization", members.take("normalization", {}))
    technique = normalization.choice("technique", NORMALIZATIONS, "min_max")
    normalization.end()
    combination = Members("combination", members.take("combination", {}))
    combined = combination.choice("technique", COMBINATIONS, "arithmetic_mean")
    weights = _weights(combination)
    combination.end()
    return Fusing(technique, combined, weights)


def _by_ranks(members: Members) -> Fusing:
    combination = Members("combination", members.take("combination", {}))
    combination.choice("technique", ("rrf",), "rrf")
    constant = combination.integer("rank_constant", 60, least=1)
    if constant > MAX_RANK_CONSTANT:
        raise ConfigurationError(f"rank constant must be in the interval between 1 and {MAX_RANK_CONSTANT}")
    weights = _weights(combination)
    combination.end()
    return Fusing(None, weights=weights, rank_constant=constant)


def _weights(members: Members) -> tuple[float, ...]:
    parameters = Members("parameters", members.take("parameters", {}))
    given = parameters.take("weights", [])
    parameters.end()
    try:
        weights = tuple(float(one) for one in given)
    except (TypeError, ValueError):
        raise ConfigurationError(f"[weights] must be a list of numbers, found [{given}]") from None
    if any(not 0 <= one <= 1 for one in weights):
        raise ConfigurationError("all weights must be in range [0.0 ... 1.0]")
    if weights and abs(sum(weights) - 1) > 1e-3:
        raise ConfigurationError(
            f"sum of weights for hybrid query must be equal to 1.0, found {sum(weights):g}"
        )
    return weights

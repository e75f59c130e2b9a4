"""The processors of hybrid queries, with scores computed by hand."""

from typing import Any

import numpy as np
import pytest

from tastemaker.search.errors import SearchError
from tastemaker.search.queries.matches import Matches
from tastemaker.search.results.fusing import Fusing, read_fusing

SIZE = 6


def matches(**scores: float) -> Matches:
    """Documents d0, d1 … with scores."""
    found = {int(name[1:]): score for name, score in scores.items()}
    return Matches(np.array(sorted(found), np.int32), np.array([found[one] for one in sorted(found)], "f4"))


TEXT, VECTORS = matches(d0=8.0, d1=4.0, d2=0.0), matches(d1=0.9, d3=0.5)


def processor(**values: Any) -> Fusing:
    found = read_fusing({"phase_results_processors": [{"normalization-processor": values}]})
    assert found is not None
    return found


def fused(fusing: Fusing, *sets: Matches) -> dict[int, float]:
    found = fusing.fused(sets or (TEXT, VECTORS), SIZE)
    return dict(zip(found.documents.tolist(), found.scores.tolist(), strict=True))


@pytest.mark.parametrize(
    ("technique", "weights", "expected"),
    [
        # min_max: text 1, .5, .001; vectors 1 (d1), .001 (d3)
        ("arithmetic_mean", None, {0: 0.5, 1: 0.75, 2: 0.0005, 3: 0.0005}),
        ("arithmetic_mean", [0.3, 0.7], {0: 0.3, 1: 0.85, 2: 0.0003, 3: 0.0007}),
        ("geometric_mean", None, {0: 1.0, 1: 0.5**0.5, 2: 0.001, 3: 0.001}),
        ("harmonic_mean", None, {0: 1.0, 1: 2 / 3, 2: 0.001, 3: 0.001}),
        ("harmonic_mean", [0.25, 0.75], {0: 1.0, 1: 0.8, 2: 0.001, 3: 0.001}),
    ],
)
def test_scores_are_normalized_and_combined(
    technique: str, weights: list[float] | None, expected: dict[int, float]
) -> None:
    parameters = {"parameters": {"weights": weights}} if weights else {}
    fusing = processor(
        normalization={"technique": "min_max"}, combination={"technique": technique, **parameters}
    )
    assert fused(fusing) == pytest.approx(expected, rel=1e-5)


def test_lengths_normalize_too() -> None:
    found = fused(processor(normalization={"technique": "l2"}))
    assert found[0] == pytest.approx(8 / 80**0.5 / 2, rel=1e-5)


def test_equal_scores_count_fully() -> None:
    assert fused(processor(), matches(d0=2.0, d1=2.0), matches(d4=0.5)) == {0: 0.5, 1: 0.5, 4: 0.5}


def test_reciprocal_ranks_ignore_scores() -> None:
    body = {"phase_results_processors": [{"score-ranker-processor": {"combination": {"rank_constant": 1}}}]}
    found = fused(read_fusing(body) or Fusing())
    assert found == pytest.approx({0: 1 / 2, 1: 1 / 3 + 1 / 2, 2: 1 / 4, 3: 1 / 3})
    default = {
        "phase_results_processors": [{"score-ranker-processor": {"combination": {"technique": "rrf"}}}]
    }
    assert fused(read_fusing(default) or Fusing())[0] == pytest.approx(1 / 61)


def test_no_hits_of_a_query_leave_those_of_the_others() -> None:
    assert set(fused(processor(), Matches.none(), VECTORS)) == {1, 3}
    assert fused(processor(), Matches.none(), Matches.none()) == {}


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        ({"response_processors": [{"rename_field": {}}]}, "rename_field"),
        ({"request_processors": [{"filter_query": {}}]}, "filter_query"),
        ({"phase_results_processors": [{"other": {}}]}, "other"),
        ({"phase_results_processors": [{"normalization-processor": {"unknown": 1}}]}, "unknown"),
        (
            {
                "phase_results_processors": [
                    {"normalization-processor": {"normalization": {"technique": "z_score"}}}
                ]
            },
            "z_score",
        ),
        (
            {
                "phase_results_processors": [
                    {"normalization-processor": {"combination": {"parameters": {"weights": [0.5, 0.6]}}}}
                ]
            },
            "must be equal to 1.0",
        ),
        (
            {"phase_results_processors": [{"score-ranker-processor": {"combination": {"rank_constant": 0}}}]},
            "at least 1",
        ),
    ],
)
def test_other_processors_and_values_are_refused_by_name(rest: dict[str, Any], text: str) -> None:
    with pytest.raises(SearchError) as refused:
        read_fusing(rest)
    assert text in refused.value.reason


def test_number_of_weights_must_be_that_of_the_queries() -> None:
    fusing = processor(combination={"parameters": {"weights": [0.2, 0.3, 0.5]}})
    with pytest.raises(SearchError, match=r"number of weights \[3\] must match number of sub-queries \[2\]"):
        fused(fusing)


def test_pipeline_without_such_processors_has_none() -> None:
    assert read_fusing({}) is None

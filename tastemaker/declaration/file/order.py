"""The order of resources that do not name each other: data before trainings, trainings before answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from tastemaker.declaration.declarations import DeclaredResource, Ref, references

AFTER: Mapping[str, tuple[str, ...]] = {
    "DatasetImportJob": ("Dataset",),
    "Filter": ("Dataset",),
    "MetricAttribution": ("Dataset",),
    "Solution": ("Dataset", "DatasetImportJob"),
    "Recommender": ("Dataset", "DatasetImportJob"),
    "SolutionVersion": ("DatasetImportJob",),
    "BatchInferenceJob": ("SolutionVersion",),
    "BatchSegmentJob": ("SolutionVersion",),
}
"""A type → the types of the same dataset group that come before it: a filter names columns of datasets, and a
training learns from imported data."""


def ordered_by_phase(resources: Iterable[DeclaredResource]) -> Iterator[DeclaredResource]:
    """The resources, with those of their dataset group that they come after."""
    listed = list(resources)
    by_id = {one.id: one for one in listed}
    groups = {one.id: group_of(one, by_id) for one in listed}
    for one in listed:
        before = AFTER.get(one.type, ())
        after = tuple(
            other.id
            for other in listed
            if other.type in before and other.id != one.id and groups[other.id] == groups[one.id]
        )
        yield replace(one, after=after)


def group_of(one: DeclaredResource, by_id: Mapping[str, DeclaredResource]) -> str | None:
    """The dataset group of a resource: the ID of a declared one, or an ARN; None if it cannot be known."""
    if one.type == "DatasetGroup":
        return one.id
    given = one.properties.get("datasetGroupArn")
    if given is not None:
        return given.id if isinstance(given, Ref) else str(given)
    for name in ("solutionArn", "solutionVersionArn", "datasetArn"):
        for ref in references(one.properties.get(name)):
            if ref.id in by_id:
                return group_of(by_id[ref.id], by_id)
    return None

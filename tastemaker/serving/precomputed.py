"""Answers from lists that a batch inference job has precomputed.

Such an answer names its source in the response member `source`, which is a header:

    x-tastemaker-source: stored; reason=cold-start; job=nightly; as-of=2026-11-25T03:00:00Z

`cold-start`: this process is still downloading the model, and the same model computed the list. This happens
once per process and model: the next request waits for the download. `failure`: the model could not answer.
Then a list of an older solution version is used too.

A list was computed without a filter, promotion, context or metadata, so that it only answers requests without
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tastemaker.contracts.metrics import PRECOMPUTED_ANSWERS
from tastemaker.contracts.precomputed import POINTER, PrecomputedPointer
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.runtime import Runtime

COLD_START, FAILURE = "cold-start", "failure"
PREFETCH_SECONDS = 0.5
"""How long a request waits for a download before it uses a list. Small models arrive within this time."""

UNSUPPORTED_MEMBERS = ("filterArn", "filterValues", "promotions", "context", "metadataColumns")


@dataclass(frozen=True)
class PrecomputedList:
    """A list that can answer a request, and the pointer that led to it."""

    output: Mapping[str, Any]
    pointer: PrecomputedPointer

    def items(self, count: int) -> list[dict[str, Any]]:
        """Return the first `count` entries as an answer has them."""
        entries = []
        for position, item in enumerate(self.output["recommendedItems"][:count]):
            entry = {"itemId": item}
            for member, name in (("score", "scores"), ("reason", "reasons")):
                value = self.output[name][position] if name in self.output else None
                if value not in (None, []):
                    entry[member] = value
            entries.append(entry)
        return entries

    def source(self, reason: str) -> str:
        """Return the value of the response member `source`."""
        moment = datetime.fromtimestamp(self.pointer["asOf"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"stored; reason={reason}; job={self.pointer['jobName']}; as-of={moment}"


def while_downloading(
    runtime: Runtime, endpoint: Endpoint, params: Mapping[str, Any], count: int
) -> dict[str, Any] | None:
    """Return an answer from a list of the same model while the model is being downloaded, or None."""
    if runtime.bundles.has(endpoint.bundle_uri):
        return None
    found = find(runtime, endpoint, params, count=count, same_version=True)
    if found is None or runtime.bundles.prefetch(endpoint.bundle_uri, PREFETCH_SECONDS):
        return None
    runtime.observer.count(PRECOMPUTED_ANSWERS, reason=COLD_START)
    return _answer(runtime, endpoint, found, count, COLD_START)


def after_failure(
    runtime: Runtime, endpoint: Endpoint, params: Mapping[str, Any], count: int
) -> dict[str, Any] | None:
    """Return an answer from a list in place of a model that has just raised, or None. Logs the exception."""
    found = find(runtime, endpoint, params, count=count)
    if found is None:
        return None
    runtime.observer.count(PRECOMPUTED_ANSWERS, reason=FAILURE)
    runtime.observer.exception("a precomputed list replaces a failing model", arn=endpoint.arn)
    return _answer(runtime, endpoint, found, count, FAILURE)


def find(
    runtime: Runtime, endpoint: Endpoint, params: Mapping[str, Any], *, count: int, same_version: bool = False
) -> PrecomputedList | None:
    """Return the list that answers a request in full, or None. Never raises: a failing store has no lists.

    `same_version` requires a list of the solution version that the endpoint serves.
    """
    key = params.get("itemId" if endpoint.recipe.needs_item else "userId")
    if not key or any(params.get(member) for member in UNSUPPORTED_MEMBERS) or "campaignArn" not in params:
        return None
    try:
        solution = runtime.records.get(endpoint.solution_version_arn.rpartition("/")[0])
        pointer: PrecomputedPointer | None = solution.body.get(POINTER)
        if pointer is None or pointer["expiresAt"] <= runtime.clock() or count > pointer["numResults"]:
            return None
        if same_version and pointer["solutionVersionArn"] != endpoint.solution_version_arn:
            return None
        output = runtime.precomputed.find(pointer["version"], key)
        return None if output is None else PrecomputedList(output, pointer)
    except Exception:
        runtime.observer.exception("precomputed lists could not be read", arn=endpoint.arn)
        return None


def _answer(
    runtime: Runtime, endpoint: Endpoint, found: PrecomputedList, count: int, reason: str
) -> dict[str, Any]:
    return {
        "itemList": found.items(count),
        "recommendationId": runtime.new_id(endpoint.arn),
        "source": found.source(reason),
    }

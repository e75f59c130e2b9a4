"""Answers from lists that a batch job computed ahead (`tastemaker/control/workflows/precomputed.py`).

They are given in two cases, and say so in the response member `source`, which is a header:

    x-tastemaker-source: stored; reason=cold-start; job=nightly; as-of=2026-11-25T03:00:00Z

`cold-start`: this process has yet to fetch the campaign's model, and the list is by that very model. Once per
process and model: who asks next waits for the fetch. `failure`: the model could not answer; the list may then
be by an older version of the solution, which is better than none. Only plain requests are answered so: what a
filter, a promotion or a context asks for was not known when the list was computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from lambdas.support.observability import logger
from tastemaker.control.workflows.precomputed import POINTER
from tastemaker.serving.deployments import Deployment, RecordCache

METRIC = "StoredAnswers"
"""Counts them by `reason`; an alarm tells of those that stand in for a model that fails."""
COLD_START, FAILURE = "cold-start", "failure"
PATIENCE = 0.5
"""Seconds that a request waits for a model before it takes a list: a small model has come by then."""

BEYOND_A_LIST = ("filterArn", "filterValues", "promotions", "context", "metadataColumns")


class Lists(Protocol):
    """Where lists stand: a version, and a user or an item → the `output` of a batch job's line."""

    def find(self, version: str, key: str) -> Mapping[str, Any] | None: ...


class NothingStored:
    """A table without lists."""

    def find(self, version: str, key: str) -> Mapping[str, Any] | None:
        return None


@dataclass(frozen=True)
class Stored:
    """A list that may answer a request, and the pointer that led to it."""

    output: Mapping[str, Any]
    pointer: Mapping[str, Any]

    def items(self, count: int) -> list[dict[str, Any]]:
        """The list as an answer has it, cut to so many."""
        shown = []
        for place, item in enumerate(self.output["recommendedItems"][:count]):
            entry = {"itemId": item}
            for member, name in (("score", "scores"), ("reason", "reasons")):
                value = self.output[name][place] if name in self.output else None
                if value not in (None, []):
                    entry[member] = value
            shown.append(entry)
        return shown

    def source(self, reason: str) -> str:
        """The value of the response member `source`."""
        moment = datetime.fromtimestamp(self.pointer["asOf"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"stored; reason={reason}; job={self.pointer['jobName']}; as-of={moment}"


def find(
    records: RecordCache,
    lists: Lists,
    deployment: Deployment,
    params: Mapping[str, Any],
    *,
    count: int,
    now: float,
    of_this_version: bool = False,
) -> Stored | None:
    """The list that answers a request in full, if there is one. Never raises: a store that fails has none."""
    key = params.get("itemId" if deployment.recipe.needs_item else "userId")
    if not key or any(params.get(member) for member in BEYOND_A_LIST) or "campaignArn" not in params:
        return None
    try:
        pointer = records.get(deployment.solution_version_arn.rpartition("/")[0]).body.get(POINTER)
        if pointer is None or pointer["expiresAt"] <= now or count > pointer["numResults"]:
            return None
        if of_this_version and pointer["solutionVersionArn"] != deployment.solution_version_arn:
            return None
        output = lists.find(pointer["version"], key)
        return None if output is None else Stored(output, pointer)
    except Exception:
        logger.exception("stored lists could not be read")
        return None

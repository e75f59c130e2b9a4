"""Lines of batch inference jobs. The code of live requests answers them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tastemaker import recipes
from tastemaker.batch import lines
from tastemaker.contracts.plans import BatchPlan
from tastemaker.errors import TastemakerError
from tastemaker.serving import personalized_ranking
from tastemaker.serving.answer import Picks
from tastemaker.serving.eligibility import requested_filter
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.loaded import LoadedBundle
from tastemaker.serving.query import Query
from tastemaker.serving.recommendations import Request
from tastemaker.serving.runtime import Runtime

MAX_BYTES = 128 << 20
"""The bytes of the masks and scores of lines that are scored together. A mask has a byte for each item."""

MAX_IDS = 1 << 20
"""The most items whose ids are kept as JSON. Each takes some 70 bytes."""


def endpoint_of(plan: BatchPlan) -> Endpoint:
    """Return the model of a job's plan, as if it were deployed under the job's ARN."""
    return Endpoint(
        plan["arn"],
        plan["solutionVersionArn"],
        plan["datasetGroupArn"],
        recipes.by_arn(plan["recipeArn"]),
        plan["bundle"],
        dict(plan["config"]),
    )


@dataclass(frozen=True)
class InferenceJob:
    """What all lines of a job share. `results` is the job's `numResults`."""

    runtime: Runtime
    endpoint: Endpoint
    results: int
    filter_arn: str | None
    _requests: dict[int, Request] = field(default_factory=dict, init=False, repr=False)
    """The requests of lines that were scored together, by the identity of the line's question."""

    @classmethod
    def from_plan(cls, plan: BatchPlan, runtime: Runtime) -> InferenceJob:
        """Return the job of a plan."""
        return cls(runtime, endpoint_of(plan), plan["numResults"], plan.get("filterArn"))

    def answer(self, question: lines.Question) -> dict[str, Any]:
        """Return the `output` of a line. Raises TastemakerError if the line cannot be answered."""
        output: dict[str, Any] = json.loads(self.json_answer(question))
        return output

    def json_answer(self, question: lines.Question) -> str:
        """Return the `output` of a line as JSON, as it is written. Raises as `answer`."""
        if self.endpoint.recipe.call == "GetPersonalizedRanking":
            return lines.to_json(self._ranking(question))
        request, picks = self._picks(question)
        output = f'"recommendedItems":[{",".join(self._quoted(picks.items))}]'
        if request.scale is not None:
            output += f',"scores":{lines.shares_to_json(picks.scores)}'
        if any(picks.reasons):
            output += f',"reasons":{lines.to_json(picks.reasons)}'
        return f"{{{output}}}"

    def _picks(self, question: lines.Question) -> tuple[Request, Picks]:
        request = self._requests.pop(id(question), None) or self._request(question)
        # A shard may be answered twice and must give the same answer, so exploration is seeded.
        return request, request.picks(f"{self.endpoint.arn} {request.query.user_id}")

    def _quoted(self, items: list[int]) -> Iterable[str]:
        """Return the ids of items as JSON."""
        if self._all_quoted is None:
            return map(lines.to_json, self._loaded.bundle.items.take(items))
        return map(self._all_quoted.__getitem__, items)

    @cached_property
    def _all_quoted(self) -> list[str] | None:
        """The ids of all items as JSON; None if they would take much memory."""
        items = self._loaded.bundle.items
        return list(map(lines.to_json, items.tolist())) if len(items) <= MAX_IDS else None

    @property
    def _loaded(self) -> LoadedBundle:
        return self.runtime.bundles.get(self.endpoint.bundle_uri)

    def _ranking(self, question: lines.Question) -> dict[str, Any]:
        params = self._params(question)
        ranking = personalized_ranking.answer(self.runtime, self.endpoint, params)["personalizedRanking"]
        output = {"recommendedItems": [entry["itemId"] for entry in ranking]}
        if self._loaded.model.has_scores:
            output["scores"] = [entry.get("score") for entry in ranking]
        return output

    @property
    def lines_together(self) -> int:
        """How many lines may be scored together. Each may have a mask and scores of its own."""
        bundle, model = self._loaded.bundle, self._loaded.model
        return max(1, MAX_BYTES // max(len(bundle.items) * (1 + model.bytes_per_item), 1))

    def score_together(self, questions: Sequence[lines.Question]) -> None:
        """Score the users of some lines together, which is faster. `answer` then uses these scores.

        A line that cannot be scored is left to `answer`, which says why.
        """
        self._requests.clear()
        recipe = self.endpoint.recipe
        if recipe.call == "GetPersonalizedRanking":  # it scores only the items of its list
            return
        if recipe.needs_item:  # models for items have nothing to share
            return
        requests: dict[int, Request] = {}
        for question in questions:
            with suppress(TastemakerError):
                requests[id(question)] = self._request(question)
        Query.find_users([request.query for request in requests.values()])
        requests = {key: request for key, request in requests.items() if request.fits_its_filter}
        Request.score_together(list(requests.values()))
        self._requests.update(requests)

    def _request(self, question: lines.Question) -> Request:
        return Request.of(self.runtime, self.endpoint, self._params(question))

    def _params(self, question: lines.Question) -> dict[str, Any]:
        """Return the request of a line. Raises BadLine."""
        recipe = self.endpoint.recipe
        params: dict[str, Any] = {
            "userId": lines.identifier(question, "userId", required=recipe.needs_user),
            "context": lines.texts(question, "context"),
            "filterArn": self.filter_arn,
            "filterValues": lines.texts(question, "filterValues"),
        }
        if recipe.call == "GetPersonalizedRanking":
            params["inputList"] = lines.item_list(question)
        else:
            params["itemId"] = lines.identifier(question, "itemId", required=recipe.needs_item)
            params["numResults"] = self.results
        return params

    @property
    def needs_events(self) -> bool:
        """Whether lines need the streamed events of their users."""
        if self.endpoint.recipe.needs_user:
            return True
        filter = requested_filter(self.runtime, self.endpoint, self.filter_arn)
        return filter is not None and filter.needs_events

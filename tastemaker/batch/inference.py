"""Lines of batch inference jobs. The code of live requests answers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tastemaker import recipes
from tastemaker.batch import lines
from tastemaker.contracts.plans import BatchPlan
from tastemaker.errors import TastemakerError
from tastemaker.serving import personalized_ranking, recommendations
from tastemaker.serving.eligibility import requested_filter
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime


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
    _queries: dict[int, Query] = field(default_factory=dict, init=False, repr=False)
    """The queries of lines that were scored together, by the identity of the line's question."""

    @classmethod
    def from_plan(cls, plan: BatchPlan, runtime: Runtime) -> InferenceJob:
        """Return the job of a plan."""
        return cls(runtime, endpoint_of(plan), plan["numResults"], plan.get("filterArn"))

    def answer(self, question: lines.Question) -> dict[str, Any]:
        """Return the `output` of a line. Raises TastemakerError if the line cannot be answered."""
        recipe, params = self.endpoint.recipe, self._params(question)
        if recipe.call == "GetPersonalizedRanking":
            entries = personalized_ranking.answer(self.runtime, self.endpoint, params)["personalizedRanking"]
        else:
            # A shard may be answered twice and must give the same answer, so exploration is seeded.
            seed = f"{self.endpoint.arn} {params['userId']}"
            query = self._queries.pop(id(question), None)
            result = recommendations.answer(self.runtime, self.endpoint, params, seed=seed, query=query)
            entries = result["itemList"]
        output: dict[str, Any] = {"recommendedItems": [entry["itemId"] for entry in entries]}
        if self.runtime.bundles.get(self.endpoint.bundle_uri).model.has_scores and not recipe.domain:
            output["scores"] = [entry.get("score") for entry in entries]
        if any("reason" in entry for entry in entries):
            output["reasons"] = [entry.get("reason", []) for entry in entries]
        return output

    def score_together(self, questions: Sequence[lines.Question]) -> None:
        """Score the users of some lines together, which is faster. `answer` then uses these scores.

        A line that cannot be scored is left to `answer`, which says why.
        """
        self._queries.clear()
        if self.endpoint.recipe.call == "GetPersonalizedRanking":  # it scores only the items of its list
            return
        queries = {}
        for question in questions:
            try:
                params = self._params(question)
                queries[id(question)] = recommendations.query_of(self.runtime, self.endpoint, params)
            except TastemakerError:
                continue
        Query.score_together(list(queries.values()))
        self._queries.update(queries)

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

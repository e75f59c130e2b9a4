"""Lines of batch inference jobs. The code of live requests answers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tastemaker import recipes
from tastemaker.batch import lines
from tastemaker.contracts.plans import BatchPlan
from tastemaker.serving import personalized_ranking, recommendations
from tastemaker.serving.eligibility import requested_filter
from tastemaker.serving.endpoints import Endpoint
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

    @classmethod
    def from_plan(cls, plan: BatchPlan, runtime: Runtime) -> InferenceJob:
        """Return the job of a plan."""
        return cls(runtime, endpoint_of(plan), plan["numResults"], plan.get("filterArn"))

    def answer(self, question: lines.Question) -> dict[str, Any]:
        """Return the `output` of a line. Raises TastemakerError if the line cannot be answered."""
        recipe = self.endpoint.recipe
        params: dict[str, Any] = {
            "userId": lines.identifier(question, "userId", required=recipe.needs_user),
            "context": lines.texts(question, "context"),
            "filterArn": self.filter_arn,
            "filterValues": lines.texts(question, "filterValues"),
        }
        if recipe.call == "GetPersonalizedRanking":
            params["inputList"] = lines.item_list(question)
            entries = personalized_ranking.answer(self.runtime, self.endpoint, params)["personalizedRanking"]
        else:
            params["itemId"] = lines.identifier(question, "itemId", required=recipe.needs_item)
            params["numResults"] = self.results
            # A shard may be answered twice and must give the same answer, so exploration is seeded.
            seed = f"{self.endpoint.arn} {params['userId']}"
            entries = recommendations.answer(self.runtime, self.endpoint, params, seed=seed)["itemList"]
        output: dict[str, Any] = {"recommendedItems": [entry["itemId"] for entry in entries]}
        if self.runtime.bundles.get(self.endpoint.bundle_uri).model.has_scores and not recipe.domain:
            output["scores"] = [entry.get("score") for entry in entries]
        if any("reason" in entry for entry in entries):
            output["reasons"] = [entry.get("reason", []) for entry in entries]
        return output

    @property
    def needs_events(self) -> bool:
        """Whether lines need the streamed events of their users."""
        if self.endpoint.recipe.needs_user:
            return True
        filter = requested_filter(self.runtime, self.endpoint, self.filter_arn)
        return filter is not None and filter.needs_events

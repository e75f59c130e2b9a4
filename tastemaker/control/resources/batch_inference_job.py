"""Batch inference jobs: recommendations for a file of users or items."""

from collections.abc import Mapping

from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Body, Request
from tastemaker.control.core.records import Record
from tastemaker.control.resources.campaign import check_exploration
from tastemaker.control.resources.dataset import schemas_of
from tastemaker.control.workflows import precomputed
from tastemaker.control.workflows.batch import BatchJob, check_filter
from tastemaker.errors import InvalidInput, NotServedYet
from tastemaker.recipes import Recipe

DEFAULT_RESULTS = 25
MOST_RESULTS = 500


class BatchInferenceJob(BatchJob):
    name = "BatchInferenceJob"
    segment = "batch-inference-job"
    quota = "concurrentBatchInferenceJobs"

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        version = found["solutionVersionArn"]
        recipe = desk.recipe(version.body["recipeArn"])
        if not recipe.batch_inference:
            raise InvalidInput(f"{recipe.name} does not support batch inference jobs.")
        body = super().members(desk, request, found)
        check_filter(recipe, found)
        config = request.get("batchInferenceJobConfig", {})
        check_exploration(recipe, config.get("itemExplorationConfig"))
        if "rankingInfluence" in config and not recipe.ranking_influence:
            raise InvalidInput(f"rankingInfluence is not supported by {recipe.name}.")
        _check_themes(desk, recipe, request, version)
        if request.get("batchInferenceJobMode") == "THEME_GENERATION":
            raise NotServedYet("The request is valid, but this release generates no themes yet.")
        results = results_of(request)
        days = precomputed.days_of(recipe, request, results)
        served = {} if days is None else {"_serveDays": days}
        return {"batchInferenceJobMode": "BATCH_INFERENCE", **body, "numResults": results, **served}


def results_of(request: Request) -> int:
    """`numResults` of a batch job. Raises InvalidInput."""
    results = request.get("numResults", DEFAULT_RESULTS)
    if not 1 <= results <= MOST_RESULTS:
        raise InvalidInput(f"numResults is {results}; it must be from 1 to {MOST_RESULTS}.")
    return int(results)


def _check_themes(desk: Desk, recipe: Recipe, request: Request, version: Record) -> None:
    wanted = request.get("batchInferenceJobMode") == "THEME_GENERATION"
    if wanted != ("themeGenerationConfig" in request):
        raise InvalidInput(
            "themeGenerationConfig and batchInferenceJobMode=THEME_GENERATION need each other."
        )
    if not wanted:
        return
    if not recipe.themes:
        raise InvalidInput(f"THEME_GENERATION is not supported by {recipe.name}.")
    column = request["themeGenerationConfig"]["fieldsForThemeGeneration"]["itemName"]
    items = schemas_of(desk, version.body["datasetGroupArn"]).get("ITEMS")
    if items is None or items.field(column) is None:
        raise InvalidInput(f"itemName is {column}; it must be a column of the Items dataset.")
    if not any(field.textual for field in items.fields):
        raise InvalidInput("THEME_GENERATION needs an Items dataset with a textual column.")

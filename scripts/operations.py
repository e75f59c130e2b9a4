"""Writes docs/operations.md: every operation of the three services, whether it is served, and where it
differs.

python -m scripts.operations            writes the page
python -m scripts.operations --check    fails if the page is not what would be written
"""

import sys
from functools import cache
from pathlib import Path
from time import time

from lambdas.support.control_plane import RandomIds
from tastemaker.control import registry
from tastemaker.control.core.arns import Place
from tastemaker.control.core.ports import NoWork
from tastemaker.control.core.quotas import DOCUMENTED
from tastemaker.control.core.records import MemoryRepository
from tastemaker.recipes import RECIPES, Recipe
from tastemaker.wire import Service

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "operations.md"

FUNCTIONS = {"personalize-runtime": "runtime", "personalize-events": "events"}

REMARKS = {
    "CreateDatasetGroup": "ACTIVE at once: nothing has to be built.",
    "CreateDataset": "ACTIVE at once.",
    "CreateSchema": "A record name that no dataset type has is accepted, and refused by CreateDataset.",
    "CreateDatasetImportJob": "The minimum of 1000 interactions is not enforced unless the quota "
    "`minimumImportInteractions` is set. `roleArn` may be left out for buckets that the stage lists. The "
    "report that `publishAttributionMetricsToS3` asks for comes within a quarter of an hour after the "
    "import.",
    "CreateBatchInferenceJob": "With the tag `tastemaker:serve-days` (1 to 90, given at creation; no "
    "filter, at most 100 results) GetRecommendations answers from the job's lists where the model fails or "
    "is being fetched. Each list costs a DynamoDB write per kilobyte.",
    "GetRecommendations": "The optional member `explain` adds `explanations` to the response. If a list of a "
    "batch inference job answers, the response has the member `source`, which is the header "
    "`x-tastemaker-source`. Both need the models in `clients/models`. The request header "
    "`x-tastemaker-explain: true` is deprecated.",
    "CreateSolution": "`performAutoML` takes `aws-user-personalization`, without a search; `autoMLConfig` is "
    "refused. An unknown or out-of-range hyperparameter is refused.",
    "CreateSolutionVersion": "`AUTOTRAIN` is refused as a `trainingMode`. The metrics of an `UPDATE` are "
    "those of the full version that it goes on from. `trainingHours` is time on the clock.",
    "StopSolutionVersionCreation": "Stops the SageMaker training job itself.",
    "CreateFilter": "Checked against the group's schemas and ACTIVE at once; whatever cannot work is "
    "refused at once.",
    "CreateCampaign": "`minProvisionedTPS` is kept and costs nothing: functions serve, not instances.",
    "UpdateCampaign": "Members that are not given keep their values. The old version serves until the new "
    "is warm.",
    "UpdateDataset": "In force at once; `latestDatasetUpdate` is ACTIVE at once.",
    "UpdateSolution": "In force at once; `latestSolutionUpdate` is ACTIVE at once.",
    "CreateRecommender": "Use cases without a model in this release are refused by name.",
    "StartRecommender": "ACTIVE at once: nothing has to start.",
    "StopRecommender": "INACTIVE at once.",
    "UpdateRecommender": "Only a change of `trainingDataConfig` takes time: a full retraining.",
    "DeleteDatasetGroup": "Also removes the group's data in the lake and its users' profiles.",
    "DeleteDataset": "Also removes its data in the lake, streamed events included, and its import jobs' "
    "records.",
    "DeleteSolution": "Also removes its versions, their models, and its schedule.",
    "DeleteCampaign": "Gone at once.",
    "DeleteFilter": "Gone at once.",
    "DeleteEventTracker": "Gone at once; the events stay.",
    "DescribeAlgorithm": "`algorithmImage.dockerURI` is a placeholder.",
    "ListRecipes": "The whole catalog, also what cannot be trained in this release. A `nextToken` follows "
    "the first page, as in the service, and leads to an empty one.",
    "GetSolutionMetrics": "The metrics of the training job's own evaluation, by the definitions of the "
    "guide.",
    "CreateMetricAttribution": "Metrics are in the CloudWatch namespace `<stack>/MetricAttribution` (AWS "
    "lets nobody else write to the service's own, `AWS/Personalize`, which the local run uses), with the "
    "dimensions `DatasetGroupArn` and `EventAttributionSource`; names of metrics and sources are in "
    "capitals, as the service's. They are put there by Tastemaker's own "
    "role, and `roleArn` writes the reports. `Sum` and `SampleCount` are what the expressions ask for. "
    "Sources that events name after the hundredth are counted as `SOURCE_NAME_UNDEFINED`.",
    "PutEvents": "Once a training has joined a session to a user, asking by the session's id still uses "
    "what was streamed under it, until those events expire.",
    "UpdateMetricAttribution": "In force from the next report on.",
    "DeleteMetricAttribution": "What CloudWatch and the bucket have stays there.",
    "TagResource": "Not for schemas and metric attributions.",
}


def page() -> str:
    """The text of the page."""
    lines = [
        "# Operations",
        "",
        "Written by `python -m scripts.operations` from the service models and the code; a test holds it up "
        "to date.",
        "",
        "*served*: does what Amazon Personalize does, but for what the last column says. *refused*: answered "
        "with a",
        "`NotImplementedException` that names the operation.",
        "",
    ]
    for name in ("personalize", *FUNCTIONS):
        service = Service(name)
        states = {operation: _state(name, operation) for operation in service.operations}
        served = sum(state == "served" for state in states.values())
        lines += [
            f"## {name}",
            "",
            f"{served} of {len(states)} operations are served.",
            "",
            "| operation | | not exactly as the service does |",
            "| --- | --- | --- |",
            *(
                f"| {operation} | {state} | {REMARKS.get(operation, '')} |"
                for operation, state in sorted(states.items())
            ),
            "",
        ]
    return "\n".join([*lines, *_everywhere(), *_recipes(), *_quotas()])


def _state(service: str, operation: str) -> str:
    if service in FUNCTIONS:
        folder = ROOT / "lambdas" / FUNCTIONS[service]
        named = any(f'"{operation}"' in file.read_text() for file in folder.glob("*.py"))
    else:
        named = operation in _control_plane()
    return "served" if named else "refused"


@cache
def _control_plane() -> frozenset[str]:
    """The operations of the control plane, asked from a desk that nothing happens at."""
    desk = registry.desk(
        place=Place("aws", "eu-west-1", "123456789012"),
        repository=MemoryRepository(),
        clock=time,
        ids=RandomIds(),
        work=NoWork(),
    )
    return frozenset(registry.operations(desk))


def _everywhere() -> list[str]:
    return [
        "## Everywhere",
        "",
        "- Quotas are not enforced unless the stage sets them (below); the limits of the service models "
        "always are.",
        "- Lists are newest first and have 100 results to a page unless `maxResults` says else.",
        "- A value of the wrong JSON type is an `InvalidInputException`; a body that is not JSON is a",
        "  `SerializationException`.",
        "- Two requests that change the same resource at once: one of them gets a `ResourceInUseException` "
        "and may be",
        "  repeated.",
        "- Every change of a status is an event on the stage's EventBridge bus: source `tastemaker`, detail "
        "type",
        "  `Personalize resource status change`, detail `resource`, `kind`, `name`, `status`, "
        "`previousStatus`,",
        "  `failureReason`, and `update` when it is the status of `latestCampaignUpdate` and the like.",
        "",
    ]


def _recipes() -> list[str]:
    def state(recipe: Recipe) -> str:
        return "yes" if recipe.trainable else "not yet"

    rows = [f"| {recipe.name} | {recipe.domain or 'custom'} | {state(recipe)} |" for recipe in RECIPES]
    return ["## Recipes", "", "| recipe | domain | can be trained |", "| --- | --- | --- |", *rows, ""]


def _quotas() -> list[str]:
    rows = [f"| {name} | {value:,} |" for name, value in DOCUMENTED.items()]
    return [
        "## Quotas that a stage can set",
        "",
        "| quota | the service's figure |",
        "| --- | --- |",
        *rows,
        "",
    ]


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.exists() and PAGE.read_text() == text else 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

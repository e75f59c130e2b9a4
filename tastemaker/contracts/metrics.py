"""The metrics of a deployment: names, units and dimensions.

Names and dimensions are those of the service where its developer guide lists them ("CloudWatch metrics for
Amazon Personalize"); operations, jobs and figures that the guide does not list follow its patterns. A metric
has one set of dimensions: CloudWatch bills every combination of a name and dimension values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SERVICE_DIMENSION = "service"
"""The dimension of metrics that belong to no resource: the name of the function that emits them."""

COLD_USERS = "ColdUsers"
FILLER_ITEMS = "FillerItems"
PRECOMPUTED_ANSWERS = "StoredAnswers"
ACCEPTED_EVENTS = "AcceptedEvents"
REFUSED_EVENTS = "RefusedEvents"
ACCEPTED_RECORDS = "AcceptedRecords"
REFUSED_RECORDS = "RefusedRecords"
DATASET_SIZE = "DatasetSize"
IMPORTED_ROWS = "DatasetImportJobRows"
TRAINING_INTERACTIONS = "SolutionTrainingJobInteractions"
TRAINING_DELAY = "TrainingDelay"
GENERATED_TEXTS = "GeneratedTexts"
GENERATION_FALLBACKS = "GenerationFallbacks"
GENERATION_REJECTIONS = "GenerationRejections"
GENERATION_CALLS = "GenerationCalls"
GENERATION_THROTTLES = "GenerationThrottles"
GENERATION_INPUT_TOKENS = "GenerationInputTokens"
GENERATION_OUTPUT_TOKENS = "GenerationOutputTokens"
GENERATION_COST = "GenerationCost"
"""US dollars, by the price list of the release."""

UNITS = {DATASET_SIZE: "Bytes", TRAINING_DELAY: "None", GENERATION_COST: "None"}
"""The units of metrics that are neither counts nor durations."""


@dataclass(frozen=True)
class OperationMetrics:
    """The metrics of one operation. `requests` counts successful requests only, as in the service."""

    requests: str
    client_errors: str
    server_errors: str
    latency: str


def _operation(name: str, *, requests: str = "", latency: str = "") -> OperationMetrics:
    return OperationMetrics(
        requests or f"{name}Requests", f"{name}4xxErrors", f"{name}5xxErrors", latency or f"{name}Latency"
    )


OPERATIONS: Mapping[str, OperationMetrics] = {
    "GetRecommendations": _operation("GetRecommendations", requests="GetRecommendations"),
    "GetPersonalizedRanking": _operation("GetPersonalizedRanking", requests="GetPersonalizedRanking"),
    "GetActionRecommendations": _operation("GetActionRecommendations", requests="GetActionRecommendations"),
    "Search": _operation("Search"),
    "PutEvents": _operation("PutEvents", latency="PutEventLatency"),
    "PutItems": _operation("PutItems"),
    "PutUsers": _operation("PutUsers"),
    "PutActions": _operation("PutActions"),
    "PutActionInteractions": _operation("PutActionInteractions"),
}
"""The metrics of the operations that applications call. The audit log has those of the control plane."""


@dataclass(frozen=True)
class JobMetrics:
    """The metrics of one type of job. `dimensions` are members of its record."""

    prefix: str
    dimensions: tuple[str, ...]

    @property
    def requests(self) -> str:
        """Counts jobs that were created."""
        return f"{self.prefix}Requests"

    @property
    def errors(self) -> str:
        """Counts jobs that failed."""
        return f"{self.prefix}Error"

    @property
    def execution_time(self) -> str:
        """Seconds from the creation of a job to its end, whether it succeeded or not."""
        return f"{self.prefix}ExecutionTime"


JOBS: Mapping[str, JobMetrics] = {
    "DatasetImportJob": JobMetrics(
        "DatasetImportJob", ("datasetGroupArn", "datasetArn", "datasetImportJobArn")
    ),
    "SolutionVersion": JobMetrics("SolutionTrainingJob", ("solutionArn", "solutionVersionArn")),
    "Recommender": JobMetrics("RecommenderTrainingJob", ("recommenderArn",)),
    "BatchInferenceJob": JobMetrics("BatchInferenceJob", ("batchInferenceJobArn",)),
    "BatchSegmentJob": JobMetrics("BatchSegmentJob", ("batchSegmentJobArn",)),
    "DatasetExportJob": JobMetrics("DatasetExportJob", ("datasetArn", "datasetExportJobArn")),
    "DataDeletionJob": JobMetrics("DataDeletionJob", ("datasetGroupArn", "dataDeletionJobArn")),
}
"""Resource type → the metrics of its jobs."""


def unit_of(name: str) -> str:
    """The CloudWatch unit of a metric."""
    if name.endswith("Latency"):
        return "Milliseconds"
    if name.endswith("ExecutionTime"):
        return "Seconds"
    return UNITS.get(name, "Count")


def dimension_of(member: str) -> str:
    """The dimension of a member of the API: `campaignArn` → `CampaignArn`."""
    return member[0].upper() + member[1:]

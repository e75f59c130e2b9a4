"""Metrics of requests, as lines in the embedded metric format."""

import pytest

from lambdas.support import metrics
from lambdas.support.http import Served, serve
from lambdas.support.metrics import RequestMetrics, emit
from tastemaker.contracts.metrics import JOBS, OPERATIONS
from tastemaker.errors import InvalidInput
from tastemaker.wire import Service
from tests.lambdas.support import emf

CAMPAIGN = "arn:aws:personalize:eu-west-1:123456789012:campaign/c"

# "CloudWatch metrics for Amazon Personalize" in the developer guide: metric → dimensions.
GUIDE_JOBS = {
    "DatasetImportJobRequests": ("datasetGroupArn", "datasetArn", "datasetImportJobArn"),
    "DatasetImportJobError": ("datasetGroupArn", "datasetArn", "datasetImportJobArn"),
    "DatasetImportJobExecutionTime": ("datasetGroupArn", "datasetArn", "datasetImportJobArn"),
    "SolutionTrainingJobRequests": ("solutionArn", "solutionVersionArn"),
    "SolutionTrainingJobError": ("solutionArn", "solutionVersionArn"),
    "SolutionTrainingJobExecutionTime": ("solutionArn", "solutionVersionArn"),
}
GUIDE_OPERATIONS = [
    "GetPersonalizedRanking",
    "GetPersonalizedRanking4xxErrors",
    "GetPersonalizedRanking5xxErrors",
    "GetPersonalizedRankingLatency",
    "GetRecommendations",
    "GetRecommendations4xxErrors",
    "GetRecommendations5xxErrors",
    "GetRecommendationsLatency",
    "PutEventsRequests",
    "PutEvents4xxErrors",
    "PutEvents5xxErrors",
    "PutEventLatency",
    "PutItemsRequests",
    "PutItems4xxErrors",
    "PutItems5xxErrors",
    "PutItemsLatency",
    "PutUsersRequests",
    "PutUsers4xxErrors",
    "PutUsers5xxErrors",
    "PutUsersLatency",
]


def test_names_and_dimensions_are_those_of_the_guide() -> None:
    ours = {name for one in OPERATIONS.values() for name in vars(one).values()}
    assert set(GUIDE_OPERATIONS) <= ours
    jobs = {
        name: one.dimensions
        for one in JOBS.values()
        for name in (one.requests, one.errors, one.execution_time)
    }
    assert jobs.items() >= GUIDE_JOBS.items()


def request(recorder: RequestMetrics, error: Exception | None = None, *, known: bool = True) -> int:
    """Serve one GetRecommendations request, which ends with `error`."""

    def answer(params):  # type: ignore[no-untyped-def]
        if known:
            recorder.concerns(campaignArn=CAMPAIGN)
        recorder.add("ColdUsers")
        if error is not None:
            raise error
        return {"itemList": []}

    event = {
        "rawPath": "/recommendations",
        "requestContext": {"http": {"method": "POST"}},
        "body": f'{{"userId": "u", "campaignArn": "{CAMPAIGN}"}}',
    }
    service = Service("personalize-runtime")
    operations = {"GetRecommendations": answer}
    return int(serve(service, event, operations, None, finish=recorder.finish)["statusCode"])


def test_successful_request_is_counted_and_timed_for_its_campaign(capsys: pytest.CaptureFixture[str]) -> None:
    request(RequestMetrics())
    found = {datum.name: datum for datum in emf.metrics(capsys.readouterr().out)}
    assert set(found) == {"GetRecommendations", "GetRecommendationsLatency", "ColdUsers"}
    assert {str(datum.dimensions) for datum in found.values()} == {str({"CampaignArn": CAMPAIGN})}
    assert found["GetRecommendations"].value == 1
    assert found["GetRecommendationsLatency"].unit == "Milliseconds"
    assert 0 < found["GetRecommendationsLatency"].value < 10_000


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (InvalidInput("no"), "GetRecommendations4xxErrors"),
        (KeyError("x"), "GetRecommendations5xxErrors"),
    ],
)
def test_failed_request_counts_as_an_error_without_latency(
    capsys: pytest.CaptureFixture[str], error: Exception, name: str
) -> None:
    request(RequestMetrics(), error)
    assert emf.values(capsys.readouterr().out) == {name: 1, "ColdUsers": 1}


def test_arn_that_does_not_exist_is_no_dimension(capsys: pytest.CaptureFixture[str]) -> None:
    request(RequestMetrics(), InvalidInput("no such campaign"), known=False)
    for datum in emf.metrics(capsys.readouterr().out):
        assert set(datum.dimensions) == {"service"}


def test_figures_of_a_request_do_not_leak_into_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    recorder = RequestMetrics()
    request(recorder)
    recorder.add("FillerItems", 3)  # a warm-up, which finishes no request
    recorder.start()
    capsys.readouterr()
    request(recorder, known=False)
    found = emf.metrics(capsys.readouterr().out)
    assert {datum.name for datum in found} == {
        "GetRecommendations",
        "GetRecommendationsLatency",
        "ColdUsers",
    }
    assert {str(set(datum.dimensions)) for datum in found} == {"{'service'}"}


def test_stage_without_resource_metrics_has_one_metric_for_all_campaigns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "PER_RESOURCE", False)
    request(RequestMetrics())
    found = emf.metrics(capsys.readouterr().out)
    assert found and all(set(datum.dimensions) == {"service"} for datum in found)
    assert CAMPAIGN not in str(found)


def test_requests_without_an_operation_emit_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    RequestMetrics().finish(Served({}, "r", None, status=404))
    assert capsys.readouterr().out == ""


def test_dimension_values_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"A": 1, "B": 2.5}, {"name": 'quote " and \\'})
    (first, second) = emf.metrics(capsys.readouterr().out)
    assert first.dimensions == {"name": 'quote " and \\'}
    assert (first.value, second.value) == (1, 2.5)

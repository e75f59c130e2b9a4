"""Lists with boto3 paginators, one result per page."""

import pytest

from tests.contract.requests import METRIC
from tests.tastemaker.control import shop as make


@pytest.fixture
def filled(shop):
    """A shop with more than one resource of every type that can be listed."""
    for number in range(2):
        for operation, request in list(shop.requests.items()):
            if not operation.startswith("Create") or operation in ("CreateDataset", "CreateSolutionVersion"):
                continue
            name = "jobName" if "jobName" in request else "name"
            more = {name: f"more-{number}"}
            if operation in ("CreateEventTracker", "CreateMetricAttribution"):
                more["datasetGroupArn"] = make.group(shop.world, f"group-{operation}-{number}")
            shop.call(operation, {**request, **more})
    metrics = [{**METRIC, "metricName": f"m{number}"} for number in range(3)]
    arn = shop.requests["ListMetricAttributionMetrics"]["metricAttributionArn"]
    shop.call("UpdateMetricAttribution", {"metricAttributionArn": arn, "addMetrics": metrics})
    return shop


def test_paginators_read_every_list_one_result_per_page(filled):
    client = filled.client
    methods = [method for method in client.meta.method_to_api_mapping if client.can_paginate(method)]
    assert len(methods) == 16
    for method in methods:
        paginator = client.get_paginator(method)
        (key,) = paginator.result_keys
        member = key.expression
        whole = getattr(client, method)()[member] if "metric_attribution_metrics" not in method else None
        operation = client.meta.method_to_api_mapping[method]
        arguments = {} if whole is not None else filled.requests[operation]
        pages = [page[member] for page in paginator.paginate(PaginationConfig={"PageSize": 1}, **arguments)]
        assert all(len(page) == 1 for page in pages) and len(pages) > 1, method
        if whole is not None:
            assert [page[0] for page in pages] == whole, method


def test_data_deletion_jobs_are_paged_by_hand_because_botocore_has_no_paginator(filled):
    first = filled.client.list_data_deletion_jobs(maxResults=1)
    second = filled.client.list_data_deletion_jobs(maxResults=99, nextToken=first["nextToken"])
    whole = filled.client.list_data_deletion_jobs()["dataDeletionJobs"]
    assert first["dataDeletionJobs"] + second["dataDeletionJobs"] == whole
    assert "nextToken" not in second


def test_lists_start_with_the_newest_resource(filled):
    for method, member in [("list_schemas", "schemas"), ("list_solutions", "solutions")]:
        dates = [one["creationDateTime"] for one in getattr(filled.client, method)()[member]]
        assert dates == sorted(dates, reverse=True)


def test_summaries_agree_with_describe(filled):
    client = filled.client
    for method, member, resource in [
        ("list_campaigns", "campaigns", "campaign"),
        ("list_solutions", "solutions", "solution"),
        ("list_datasets", "datasets", "dataset"),
        ("list_recommenders", "recommenders", "recommender"),
    ]:
        for summary in getattr(client, method)()[member]:
            arn = summary[f"{resource}Arn"]
            described = getattr(client, f"describe_{resource}")(**{f"{resource}Arn": arn})[resource]
            assert summary.items() <= described.items()

"""Our own service with a boto3 client that has the models of `clients/models`."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from lambdas.control.own_operations import own_operations
from lambdas.control.text_operations import Invoke
from lambdas.support.settings import Settings
from scripts.client_models import TARGET
from tastemaker.contracts.stage_summary import StageSummary
from tastemaker.wire import Service
from tests.contract.server import running
from tests.contract.violations import missing_members
from tests.tastemaker.extensions.cinema import cinema_with_texts
from tests.tastemaker.extensions.texts import text_function
from tests.tastemaker.serving.films import PREFIX

SERVICE = Service("tastemaker")
CAMPAIGN = "arn:aws:personalize:eu-west-1:123456789012:campaign/c"
REQUESTS: dict[str, dict[str, Any]] = {
    "DescribeDeployment": {},
    "DescribeModel": {"campaignArn": CAMPAIGN},
    "DescribeTaste": {"campaignArn": CAMPAIGN, "userId": "ann"},
    "DescribeUser": {"campaignArn": CAMPAIGN, "userId": "ann"},
    "EstimateTextCost": {"textType": "EMAIL_BODY", "textCount": 1_000_000},
    "ExplainRecommendations": {"campaignArn": CAMPAIGN, "userId": "ann", "numResults": 3},
    "FindItems": {"campaignArn": CAMPAIGN, "text": "al"},
    "FindUsers": {"campaignArn": CAMPAIGN, "text": "an"},
    "GenerateMessage": {"campaignArn": CAMPAIGN, "userId": "ann", "messageType": "EMAIL_BODY"},
    "GetDataInsights": {"campaignArn": CAMPAIGN},
    "SummarizeItem": {"campaignArn": CAMPAIGN, "itemId": "alien", "maxLength": 80},
}
"""A valid request for each operation."""
ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "TASTEMAKER_DEPLOYMENT": StageSummary("dev", {"spotTraining": False}, 500, 1000).to_json(),
}


@pytest.fixture(scope="module")
def client(texts: Invoke) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "AWS_DATA_PATH", str(TARGET))
        session = boto3.Session("key", "secret", region_name="eu-west-1")
        with running(SERVICE, own_operations(Settings(ENVIRONMENT), "123456789012", texts)) as endpoint:
            config = Config(retries={"max_attempts": 0})
            yield session.client("tastemaker", endpoint_url=endpoint, config=config)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Invoke:
    """The generation function, on the films of the tests of serving."""
    invoke = text_function(cinema_with_texts(tmp_path_factory.mktemp("films")).runtime)
    campaign = f"{PREFIX}campaign/v1"
    return lambda event: invoke({**event, "params": {**event["params"], "campaignArn": campaign}})


def method_of(client: Any, operation: str) -> Any:
    names = {name: python for python, name in client.meta.method_to_api_mapping.items()}
    return getattr(client, names[operation])


def test_there_is_a_request_for_each_operation():
    assert REQUESTS.keys() == set(SERVICE.operations)


@pytest.mark.parametrize("operation", SERVICE.operations)
def test_valid_request_is_answered_with_every_required_member(client, operation):
    response = method_of(client, operation)(**REQUESTS[operation])
    output = SERVICE.operation(operation).output_shape
    assert list(missing_members(response, output)) == []
    assert set(response) - {"ResponseMetadata"} <= set(output.members)


@pytest.mark.parametrize("operation", SERVICE.operations)
def test_client_validates_the_request(client, operation):
    with pytest.raises(ParamValidationError, match="Unknown parameter"):
        method_of(client, operation)(**REQUESTS[operation], unknown=1)


@pytest.mark.parametrize("operation", SERVICE.operations)
def test_client_has_a_paginator_for_each_list(client, operation):
    method = method_of(client, operation).__name__
    assert client.can_paginate(method) == operation.startswith("List")


def test_describe_deployment_returns_the_version_and_the_features(client):
    deployment = client.describe_deployment()["deployment"]
    assert (deployment["stage"], deployment["region"]) == ("dev", "eu-west-1")
    assert {"name": "spotTraining", "enabled": False} in deployment["features"]


def test_error_of_the_generation_function_is_an_error_of_the_client(client):
    with pytest.raises(ClientError, match="knows no item nothing") as raised:
        client.summarize_item(campaignArn=CAMPAIGN, itemId="nothing")
    assert raised.value.response["Error"]["Code"] == "InvalidInputException"


def test_operation_that_the_deployment_does_not_have_is_an_error_of_the_client(client):
    personalize = boto3.client(
        "personalize",
        endpoint_url=client.meta.endpoint_url,
        region_name="eu-west-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    with pytest.raises(ClientError, match="UnknownOperationException"):
        personalize.list_recipes()

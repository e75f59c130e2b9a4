"""Every operation of personalize with an unmodified boto3 client, with inputs from the service model."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import StructureShape

from tastemaker.wire import Service
from tests.contract.violations import broken_values, leaves, missing_members, with_value

MODEL = Service("personalize")
OPERATIONS = MODEL.operations
LISTS = [name for name in OPERATIONS if name.startswith("List") and name != "ListTagsForResource"]


def refused(shop: Any, operation: str, params: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        shop.call(operation, params)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400, caught.value
    assert caught.value.response["ResponseMetadata"]["RequestId"]
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def input_of(operation: str) -> StructureShape:
    shape = MODEL.operation(operation).input_shape
    assert shape is not None
    return shape


def arn_members(operation: str, params: dict[str, Any]) -> list[str]:
    """The members of a request that hold the ARN of a resource."""
    return [name for name in params if name.endswith("Arn") and name not in ("roleArn", "kmsKeyArn")]


def test_every_operation_has_a_valid_request(shared_shop):
    assert set(OPERATIONS) <= set(shared_shop.requests)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_valid_request_gets_a_response_of_the_output_shape(shop, operation):
    model = MODEL.operation(operation)
    answer = shop.call(operation, shop.requests[operation])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    if model.output_shape is None:
        return
    assert list(missing_members(answer, model.output_shape)) == []
    assert set(answer) - {"ResponseMetadata"} <= set(model.output_shape.members)
    if operation.startswith(("Create", "Describe", "Update", "Get")):
        assert set(answer) & set(model.output_shape.members)
    if operation.startswith("Describe"):
        (described,) = (value for name, value in answer.items() if name != "ResponseMetadata")
        assert shop.requests[operation].items() <= described.items()
        assert described["creationDateTime"] <= described["lastUpdatedDateTime"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_missing_required_member_is_refused_and_changes_nothing(shared_shop, operation):
    before = shared_shop.records
    request = shared_shop.requests[operation]
    for member in input_of(operation).required_members:
        without = {name: value for name, value in request.items() if name != member}
        code, message = refused(shared_shop, operation, without)
        assert code == "InvalidInputException" and f"'{member}'" in message
    assert shared_shop.records == before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_violated_constraint_is_refused_and_changes_nothing(shared_shop, operation):
    shape = input_of(operation)
    before, tried = shared_shop.records, 0
    known = shared_shop.client.meta.service_model.operation_model(operation).input_shape.members
    for path, leaf in leaves(shape):
        if path[0] not in known:  # a member of ours: this client cannot send it
            continue
        for value in broken_values(leaf):
            request = with_value(shared_shop.requests[operation], shape, path, value)
            code, message = refused(shared_shop, operation, request)
            assert code == "InvalidInputException", (path, value, message)
            assert f"'{path[0]}" in message, (path, value, message)
            tried += 1
    assert tried or not shape.members
    assert shared_shop.records == before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_arn_of_no_resource_is_not_found(shared_shop, operation):
    request = shared_shop.requests[operation]
    for member in arn_members(operation, request):
        unknown = {**request, member: f"{request[member]}-unknown"}
        if operation in LISTS and operation not in ("ListSolutionVersions", "ListMetricAttributionMetrics"):
            answer = shared_shop.call(operation, unknown)
            assert [value for name, value in answer.items() if name != "ResponseMetadata"] == [[]]
            continue
        code, message = refused(shared_shop, operation, unknown)
        modeled = {error.name for error in MODEL.operation(operation).error_shapes}
        expected = "ResourceNotFoundException"
        assert code == (expected if expected in modeled else "InvalidInputException"), (member, message)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_arn_of_another_resource_type_is_refused(shared_shop, operation):
    request = shared_shop.requests[operation]
    others = ("schema/films-Users", "dataset-group/films", "nonsense/x")
    for member in arn_members(operation, request):
        for suffix in others:
            arn = shared_shop.world.control.ports.scope.arn(suffix)
            same_type = request[member].split(":")[5].split("/")[0] == suffix.split("/")[0]
            if same_type or (member == "resourceArn" and suffix.startswith("dataset-group")):
                continue
            code, message = refused(shared_shop, operation, {**request, member: arn})
            assert code == "InvalidInputException", (member, suffix, message)


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name.startswith("Create")])
def test_creating_the_same_name_twice_is_refused(shop, operation):
    if operation == "CreateSolutionVersion":
        shop.requests[operation]["name"] = "once"
    shop.call(operation, shop.requests[operation])
    code, _ = refused(shop, operation, shop.requests[operation])
    assert code == "ResourceAlreadyExistsException"


@pytest.mark.parametrize("operation", LISTS)
def test_page_token_that_the_list_did_not_return_is_refused(shared_shop, operation):
    code, _ = refused(
        shared_shop, operation, {**shared_shop.requests[operation], "nextToken": "bm9uc2Vuc2U="}
    )
    assert code == "InvalidNextTokenException"

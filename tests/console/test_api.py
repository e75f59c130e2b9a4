"""The calls of a page as programs and commands that run."""

import ast
import shlex

import pytest

from console.api import Api, Call
from console.target import local_target

TARGET = local_target("http://127.0.0.1:4566/")


def test_call_is_shown_as_boto3_and_as_a_command() -> None:
    call = Call("personalize-runtime", "GetRecommendations", {"campaignArn": "arn:c", "numResults": 5}, 0.1)
    assert call.boto3 == "personalize_runtime.get_recommendations(campaignArn='arn:c', numResults=5)"
    assert call.command == "aws personalize-runtime get-recommendations --campaign-arn arn:c --num-results 5"


def test_hostile_values_are_quoted_in_both() -> None:
    user = '\'; rm -rf / #\n"$(id)"'
    call = Call("personalize-runtime", "GetRecommendations", {"userId": user, "filterValues": {"G": user}}, 0)
    assert shlex.split(call.command)[4] == user
    (expression,) = ast.parse(call.boto3).body
    assert isinstance(expression, ast.Expr) and isinstance(expression.value, ast.Call)
    assert ast.literal_eval(expression.value.keywords[0].value) == user


def test_long_call_has_a_line_for_each_argument() -> None:
    call = Call("personalize-events", "PutEvents", {"trackingId": "t" * 60, "userId": "u" * 60}, 0)
    assert call.boto3.splitlines()[1] == f"    trackingId='{'t' * 60}',"
    ast.parse(call.boto3)


def test_boolean_is_an_option_of_its_own() -> None:
    assert Call("tastemaker", "X", {"explain": True}, 0).command == "aws tastemaker x --explain"
    assert Call("tastemaker", "X", {"explain": False}, 0).command == "aws tastemaker x --no-explain"


def test_program_makes_each_client_once_and_knows_the_endpoint() -> None:
    api = Api(TARGET)
    api.calls += [Call("personalize", "ListRecipes", {}, 0), Call("personalize", "ListSchemas", {}, 0)]
    api.calls.append(Call("tastemaker", "DescribeDeployment", {}, 0))
    assert api.program.count("boto3.client") == 2
    assert 'boto3.client("personalize", endpoint_url="http://127.0.0.1:4566")' in api.program
    assert api.commands.startswith("export AWS_ENDPOINT_URL=http://127.0.0.1:4566\nexport AWS_DATA_PATH=")


def test_results_come_in_the_order_of_the_calls() -> None:
    api = Api(TARGET)
    assert api.together(lambda: 1, lambda: 2) == [1, 2]
    with pytest.raises(ZeroDivisionError):
        api.together(lambda: 1 / 0)


def test_client_knows_our_operations() -> None:
    assert "find_items" in dir(TARGET.client("tastemaker"))
    shape = TARGET.client("personalize-runtime").meta.service_model.operation_model("GetRecommendations")
    assert "explain" in shape.input_shape.members

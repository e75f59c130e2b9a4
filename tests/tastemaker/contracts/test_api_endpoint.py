import pytest

from tastemaker.contracts.api_endpoint import MissingOutputError, is_local, outputs_of, stack_name

STACK = {
    "StackName": "tastemaker-prod",
    "Outputs": [{"OutputKey": "ApiUrl", "OutputValue": "https://a1.execute-api.eu-west-1.amazonaws.com/"}],
}


def test_outputs_are_values_by_name() -> None:
    assert outputs_of(STACK) == {"ApiUrl": "https://a1.execute-api.eu-west-1.amazonaws.com"}
    assert stack_name("prod") == STACK["StackName"]


def test_missing_output_is_an_error_that_names_the_stack() -> None:
    with pytest.raises(MissingOutputError, match="tastemaker-prod lacks the outputs LakeBucket"):
        outputs_of(STACK, ("ApiUrl", "LakeBucket"))
    with pytest.raises(MissingOutputError, match="ApiUrl"):
        outputs_of({"StackName": "other"})


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://[::1]:4566", True),
        ("http://tastemaker.localhost:4566", True),
        ("http://127.0.0.1.example.com", False),
        ("https://a1.execute-api.eu-west-1.amazonaws.com", False),
    ],
)
def test_only_names_of_this_machine_are_local(url: str, local: bool) -> None:
    assert is_local(url) is local

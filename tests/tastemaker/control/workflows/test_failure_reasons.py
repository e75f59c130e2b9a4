import json

import pytest

from tastemaker.control.workflows.failure_reasons import MAX_LENGTH, reason_of


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            {"Error": "BadRow", "Cause": json.dumps({"errorMessage": "line 3", "errorType": "BadRow"})},
            "line 3",
        ),
        (
            {"Error": "KeyError", "Cause": json.dumps({"errorMessage": "'x'", "errorType": "KeyError"})},
            "KeyError: 'x'",
        ),
        (
            {"Cause": json.dumps({"FailureReason": "AlgorithmError: too few users, exit code: 1"})},
            "too few users",
        ),
        ({"Cause": json.dumps({"TrainingJobStatus": "Stopped"})}, "The training job was stopped."),
        ({"Error": "States.Timeout", "Cause": ""}, "The work took longer than it may."),
        ({"Error": "SageMaker.Full", "Cause": "no instances"}, "no instances"),
        ({"Error": "SageMaker.Full"}, "SageMaker.Full"),
        ({"Cause": {"errorMessage": "already parsed here"}}, "already parsed here"),
        ({}, "The work failed for an unknown reason."),
        (None, "The work failed for an unknown reason."),
        ({"Cause": "[1]"}, "[1]"),
    ],
)
def test_reason_is_read_from_the_error_and_its_cause(error, reason):
    assert reason_of(error) == reason


def test_long_reason_is_cut():
    assert len(reason_of({"Cause": "x" * 5000})) == MAX_LENGTH

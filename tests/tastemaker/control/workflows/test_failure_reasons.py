import json

import pytest

from tastemaker.control.workflows.failure_reasons import MAX_LENGTH, reason_of

KILLED = (
    "The training process was killed (signal 9), most likely for want of memory: take a larger instance "
    "(the setting training.instanceType)."
)


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
            {"Error": "Killed", "Cause": json.dumps({"errorMessage": "", "errorType": "Killed"})},
            "The work failed with Killed and no message.",
        ),
        (
            {"Cause": json.dumps({"errorMessage": " ", "errorType": "AssertionError"})},
            "The work failed with AssertionError and no message.",
        ),
        ({"Error": "Lost", "Cause": {"errorMessage": ""}}, "The work failed with Lost and no message."),
        (
            {"Cause": json.dumps({"FailureReason": "AlgorithmError: too few users, exit code: 1"})},
            "too few users",
        ),
        (
            {"Cause": json.dumps({"FailureReason": "AlgorithmError: , exit code: 137"})},
            KILLED,
        ),
        (
            {"Cause": json.dumps({"FailureReason": "AlgorithmError: , exit code: -9"})},
            KILLED,
        ),
        (
            {"Cause": json.dumps({"FailureReason": "AlgorithmError: , exit code: 139"})},
            "The training process was ended by SIGSEGV (signal 11); the log of the job may say why.",
        ),
        (
            {"Cause": json.dumps({"FailureReason": "AlgorithmError: , exit code: 2"})},
            "The training process ended with the exit code 2 and gave no reason; see the log of the job.",
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


def test_missing_quota_names_the_page_where_it_can_be_requested() -> None:
    cause = "The account-level service limit 'ml.g6.xlarge for spot training job usage' is 0 Instances."
    reason = reason_of({"Error": "SageMaker.ResourceLimitExceededException", "Cause": cause})
    assert reason.startswith(cause)
    assert "https://console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas" in reason

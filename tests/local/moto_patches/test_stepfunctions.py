"""State machines from their own definitions, with the machine's role."""

from __future__ import annotations

import json

from tests.local.conftest import unique, until


def test_state_machine_invokes_functions_and_catches_errors_by_type(run):
    described = run("greet", {"n": 1})
    assert described["status"] == "SUCCEEDED"
    output = json.loads(described["output"])
    assert output["answer"]["event"] == {"n": 1}
    assert output["error"]["Error"] == "TeapotError"
    assert "short and stout" in output["error"]["Cause"]


def test_executions_without_a_name_have_different_names(run):
    assert run("greet", {})["executionArn"] != run("greet", {})["executionArn"]


def test_state_without_permission_in_the_role_fails(run):
    described = run("snoop", {})
    assert described["status"] == "FAILED"
    assert "not authorized to perform: dynamodb:GetItem" in described["cause"]


def test_training_task_waits_for_its_job_and_returns_its_description(run, local, lake):
    s3, job = local.client("s3"), unique("job")
    s3.put_object(Bucket=lake, Key="input/a.txt", Body=b"alpha")
    described = run("train", {"job": job, "mode": "ok"})
    assert described["status"] == "SUCCEEDED", described
    result = json.loads(described["output"])["result"]
    assert result["TrainingJobStatus"] == "Completed"
    assert result["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{lake}/models/{job}/output/model/"
    assert isinstance(result["CreationTime"], str)


def test_failed_job_fails_the_task_with_its_description(run):
    described = run("train", {"job": unique("job"), "mode": "fail"})
    assert described["status"] == "FAILED"
    assert described["error"] == "States.TaskFailed"
    assert json.loads(described["cause"])["FailureReason"] == "AlgorithmError: the data is odd, exit code: 3"


def test_second_job_of_the_same_name_fails_the_task(run):
    job = unique("job")
    run("train", {"job": job, "mode": "ok"})
    assert run("train", {"job": job, "mode": "ok"})["error"] == "SageMaker.ResourceInUse"


def test_stopped_execution_stops_its_job(run, local):
    job = unique("job")
    execution = run("train", {"job": job, "mode": "wait"}, wait=False)["executionArn"]
    sagemaker = local.client("sagemaker")
    until(
        lambda: [
            summary["TrainingJobName"] for summary in sagemaker.list_training_jobs()["TrainingJobSummaries"]
        ],
        lambda names: job in names,
    )
    local.client("stepfunctions").stop_execution(executionArn=execution)
    until(
        lambda: sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobStatus"],
        lambda status: status == "Stopped",
    )


def test_training_task_tags_its_job(run, local, lake):
    local.client("s3").put_object(Bucket=lake, Key="input/a.txt", Body=b"alpha")
    job = unique("job")
    assert run("train", {"job": job, "mode": "ok"})["status"] == "SUCCEEDED"
    arn = local.account.arn("sagemaker", f"training-job/{job}")
    tags = local.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    assert {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"} in tags


def test_training_task_without_permission_to_tag_fails(run, local):
    iam = local.client("iam")
    machine = local.account.arn("states", "stateMachine:tiny-train")
    described = local.client("stepfunctions").describe_state_machine(stateMachineArn=machine)
    role = described["roleArn"].rpartition("/")[2]
    deny = {"Effect": "Deny", "Action": "sagemaker:AddTags", "Resource": "*"}
    iam.put_role_policy(
        RoleName=role,
        PolicyName="no-tags",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [deny]}),
    )
    try:
        described = run("train", {"job": unique("job"), "mode": "ok"})
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="no-tags")
    assert described["status"] == "FAILED"
    assert "not authorized to perform: sagemaker:AddTags" in described["cause"]

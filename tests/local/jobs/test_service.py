"""SageMaker training jobs: what the program sees, and what becomes of it."""

from __future__ import annotations

import json

import pytest

from tests.local.conftest import unique, until


@pytest.fixture
def sagemaker(local):
    return local.client("sagemaker")


@pytest.fixture
def create(local, sagemaker, lake):
    """Start a job; its name."""
    role = next(
        role["Arn"]
        for role in local.client("iam").list_roles()["Roles"]
        if role["RoleName"].startswith("tiny-JobRole")
    )
    local.client("s3").put_object(Bucket=lake, Key="input/a.txt", Body=b"alpha")

    def start(mode, source=None, **more):
        name = unique("job")
        channel = source or {"S3DataType": "S3Prefix", "S3Uri": f"s3://{lake}/input/"}
        code = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{lake}/nothing-here/"}
        request = {
            "TrainingJobName": name,
            "RoleArn": role,
            "AlgorithmSpecification": {
                "TrainingImage": "image",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "loss", "Regex": r"loss=([0-9.]+)"}],
            },
            "HyperParameters": {"mode": mode},
            "InputDataConfig": [
                {"ChannelName": "data", "DataSource": {"S3DataSource": channel}},
                {"ChannelName": "code", "DataSource": {"S3DataSource": code}},
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{lake}/models/", "CompressionType": "NONE"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }
        sagemaker.create_training_job(**(request | more))
        return name

    return start


@pytest.fixture
def end(sagemaker):
    def wait(name):
        return until(
            lambda: sagemaker.describe_training_job(TrainingJobName=name),
            lambda job: job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"),
        )

    return wait


@pytest.fixture
def seen(local, lake):
    """What the program of a job noted down."""

    def read(name):
        key = f"models/{name}/output/model/nested/weights.json"
        return json.loads(local.client("s3").get_object(Bucket=lake, Key=key)["Body"].read())

    return read


def test_program_of_a_job_has_the_folders_of_a_container(create, end, seen):
    name = create("ok")
    job = end(name)
    assert job["TrainingJobStatus"] == "Completed", job
    assert seen(name)["files"]["a.txt"] == "alpha"
    assert seen(name)["channels"] == ["data"]  # the code channel is not fetched
    assert seen(name)["config"] == ["hyperparameters.json", "inputdataconfig.json", "resourceconfig.json"]
    assert seen(name)["arguments"] == ["train"]


def test_job_reports_its_statuses_times_and_metrics(create, end):
    job = end(create("ok"))
    steps = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert job["TrainingEndTime"] >= job["TrainingStartTime"]
    [metric] = job["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("loss", 0.25)


def test_files_of_a_manifest_keep_their_paths(create, end, seen, local, lake):
    s3 = local.client("s3")
    manifest = [{"prefix": f"s3://{lake}/input/"}, "deep/er/b.txt"]
    s3.put_object(Bucket=lake, Key="input/deep/er/b.txt", Body=b"beta")
    s3.put_object(Bucket=lake, Key="input/data.manifest", Body=json.dumps(manifest).encode())
    name = create("ok", {"S3DataType": "ManifestFile", "S3Uri": f"s3://{lake}/input/data.manifest"})
    assert end(name)["TrainingJobStatus"] == "Completed"
    assert seen(name)["files"] == {"deep/er/b.txt": "beta"}
    s3.delete_object(Bucket=lake, Key="input/deep/er/b.txt")
    s3.delete_object(Bucket=lake, Key="input/data.manifest")


def test_failure_reason_is_what_the_program_wrote(create, end):
    job = end(create("fail"))
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: the data is odd, exit code: 3"


def test_killed_program_has_the_exit_code_of_a_container_and_no_message(create, end):
    job = end(create("killed"))
    assert job["FailureReason"] == "AlgorithmError: , exit code: 137"


def test_job_without_input_data_fails_with_the_location(create, end, lake):
    job = end(create("ok", {"S3DataType": "S3Prefix", "S3Uri": f"s3://{lake}/empty/"}))
    assert job["TrainingJobStatus"] == "Failed"
    assert f"No S3 objects found under S3 URL s3://{lake}/empty/" in job["FailureReason"]


def test_job_reads_its_input_with_its_own_role(create, end, local, lake):
    local.client("s3").put_object(Bucket=lake, Key="secret/a.txt", Body=b"x")
    job = end(create("ok", {"S3DataType": "S3Prefix", "S3Uri": f"s3://{lake}/secret/"}))
    assert job["TrainingJobStatus"] == "Failed"
    assert "secret/a.txt" in job["FailureReason"]
    assert "403" in job["FailureReason"]


def test_stopped_job_uploads_what_the_program_had_written(create, end, sagemaker, local, lake):
    name = create("wait")
    until(
        lambda: sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"],
        lambda it: it == "Training",
    )
    stream = until(
        lambda: local.client("logs").describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs")[
            "logStreams"
        ],
        lambda streams: any(name in stream["logStreamName"] for stream in streams),
    )
    assert stream
    sagemaker.stop_training_job(TrainingJobName=name)
    job = end(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    half = local.client("s3").get_object(Bucket=lake, Key=f"models/{name}/output/model/half.txt")
    assert half["Body"].read() == b"half"


def test_job_that_exceeds_its_time_limit_is_stopped(create, end):
    job = end(create("wait", StoppingCondition={"MaxRuntimeInSeconds": 1}))
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_checkpoints_are_stored_in_s3_and_restored(create, end, seen, lake):
    config = {"S3Uri": f"s3://{lake}/models/{unique('ckpt')}/", "LocalPath": "/opt/ml/checkpoints"}
    first = create("ok", CheckpointConfig=config)
    end(first)
    second = create("ok", CheckpointConfig=config)
    assert end(second)["TrainingJobStatus"] == "Completed"
    assert seen(first)["restored"] == []
    assert seen(second)["restored"] == ["last.ckpt"]


def test_output_is_an_archive_unless_compression_is_off(create, end, local, lake):
    name = create("ok", OutputDataConfig={"S3OutputPath": f"s3://{lake}/models/"})
    job = end(name)
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{lake}/models/{name}/output/model.tar.gz"
    archive = local.client("s3").get_object(Bucket=lake, Key=f"models/{name}/output/model.tar.gz")
    assert archive["Body"].read(2) == b"\x1f\x8b"

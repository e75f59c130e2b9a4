"""The definitions of the state machines: every path ends, and a failure ends with its reason."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions_tasks as tasks

from infrastructure.distributed import executors
from infrastructure.training import ENTRYPOINT
from tests.infrastructure.conftest import definitions_of

Definitions = dict[str, dict[str, Any]]
FLOWS = {
    "import": ["Begin import", "Import data", "Publish import"],
    "train": [
        "Begin training",
        "Is there something to train?",
        "Train model",
        "Look at the log of training jobs",
        "Has the log a retention?",
        "Limit the log of training jobs",
        "Register model",
    ],
    "deploy": ["Begin deployment", "Warm model", "Activate"],
    "refresh": [
        "Begin refresh",
        "Is there a model to refresh?",
        "Collect new data",
        "Is there new data?",
        "Warm model",
        "Publish refresh",
        "Clean up",
        "Is there more to clean up?",
        "Refreshed",
    ],
    "delete": ["Begin deletion", "Purge data", "Is there more to purge?", "Remove record"],
    "attribution": ["Begin report", "Report metrics", "Complete report"],
    "export": ["Begin export", "Export data", "Publish export"],
    "data-deletion": [
        "Begin data deletion",
        "Is the job already complete?",
        "List files and tables",
        "Delete users",
        "Count deleted records",
        "Complete data deletion",
        "Clean up",
        "Is there more to clean up?",
        "Data deleted",
    ],
    "batch": [
        "Begin batch job",
        "Plan shards",
        "Answer shards",
        "Collect outputs",
        "Count answers",
        "Are the lists served?",
        "Clean up",
        "Is there more to clean up?",
        "Publish outputs",
    ],
}


@pytest.mark.parametrize("name", FLOWS)
def test_success_path_has_the_expected_states(definitions: Definitions, name: str) -> None:
    states = definitions[name]["States"]
    path = [definitions[name]["StartAt"]]
    while not states[path[-1]].get("End") and states[path[-1]]["Type"] != "Succeed":
        state = states[path[-1]]
        path.append(state.get("Next") or state["Default"])
    assert [title for title in path if not title.startswith("Is it too large for")] == FLOWS[name]


@pytest.mark.parametrize("name", FLOWS)
def test_every_failure_reaches_the_failure_step(definitions: Definitions, name: str) -> None:
    states = definitions[name]["States"]
    for title in FLOWS[name]:
        state = states[title]
        if state["Type"] not in ("Task", "Map"):
            continue
        if title.endswith("the log of training jobs"):  # nothing depends on it
            continue
        *_, catch = state["Catch"]
        assert (catch["ErrorEquals"], catch["ResultPath"]) == (["States.ALL"], "$.error")
        step = states[catch["Next"]]
        if title == definitions[name]["StartAt"]:  # there is no plan yet, so an empty one is set
            assert (step["Type"], step["Result"], step["ResultPath"]) == ("Pass", {}, "$.plan")
            step = states[step["Next"]]
        assert step["Parameters"]["action"] == "fail"
        assert states[step["Next"]] == {
            "Type": "Fail",
            "ErrorPath": "$.error.Error",
            "CausePath": "$.error.Cause",
        }


@pytest.mark.parametrize("name", FLOWS)
def test_step_gets_every_member_of_the_contract(definitions: Definitions, name: str) -> None:
    for title, state in definitions[name]["States"].items():
        parameters = state.get("Parameters", {})
        if "workflow" not in parameters:  # work of another function, which gets only the plan
            assert {"action", "plan.$"} >= set(parameters) or state["Resource"].endswith(
                (".sync", "putRetentionPolicy", "describeLogGroups")
            )
            continue
        assert parameters["workflow"] == name
        assert parameters["input.$"] == "$$.Execution.Input"
        assert parameters["executionArn.$"] == "$$.Execution.Id"
        assert ("plan.$" in parameters) == (parameters["action"] != "begin"), title


@pytest.mark.parametrize("name", FLOWS)
def test_every_task_has_a_time_limit_and_retries(definitions: Definitions, name: str) -> None:
    assert definitions[name]["TimeoutSeconds"] > 0
    tasks = [state for state in definitions[name]["States"].values() if state["Type"] == "Task"]
    assert all(task["TimeoutSeconds"] > 0 and task["Retry"] for task in tasks)
    longest = max(task["TimeoutSeconds"] for task in tasks)
    assert longest < definitions[name]["TimeoutSeconds"]


def test_work_gets_the_plan(definitions: Definitions) -> None:
    work = definitions["import"]["States"]["Import data"]
    assert (work["InputPath"], work["ResultPath"]) == ("$.plan", "$.result")


@pytest.mark.parametrize(
    ("name", "question", "way"),
    [
        ("import", "a function", ["Import data on Spark", "Read imported data", "Publish import"]),
        (
            "train",
            "one machine",
            ["Prepare events on Spark", "Read prepared events", "Train model"],
        ),
    ],
)
def test_large_work_runs_on_spark_if_the_stage_has_it(assembly, name: str, question: str, way) -> None:
    title = f"Is it too large for {question}?"
    assert title not in definitions_of(assembly.templates["local"])[name]["States"]
    states = definitions_of(assembly.templates["prod"])[name]["States"]
    (choice,) = states[title]["Choices"]
    assert [choice["Next"], states[way[0]]["Next"], states[way[1]]["Next"]] == way
    job = states[way[0]]
    arguments = job["Parameters"]["JobDriver"]["SparkSubmit"]["EntryPointArguments.$"]
    work = "import" if name == "import" else "prepare"
    assert arguments.startswith(f"States.Array('{work}', States.JsonToString($.plan), '--lake', 's3://")
    assert job["ResultPath"] is None and states[way[1]]["Parameters"]["action"] == "outcome"


def test_execution_with_nothing_to_train_succeeds(definitions: Definitions) -> None:
    states = definitions["train"]["States"]
    (choice,) = states["Is there something to train?"]["Choices"]
    assert {condition["Variable"] for condition in choice["And"]} == {"$.plan.skip"}
    assert states[choice["Next"]]["Type"] == "Succeed"


def test_deletion_repeats_while_there_is_more(definitions: Definitions) -> None:
    (choice,) = definitions["delete"]["States"]["Is there more to purge?"]["Choices"]
    assert choice["Next"] == "Purge data"


def test_lists_of_work_are_processed_by_a_distributed_map(definitions: Definitions) -> None:
    states = definitions["batch"]["States"]
    for title, one, action, listed in (
        ("Answer shards", "Answer shard", "answer", "$.plan.shards"),
        ("Collect outputs", "Collect output", "collect", "$.plan.files"),
        ("Load lists", "Load list", "load", "$.plan.shards"),
    ):
        state = states[title]
        assert state["ItemReader"]["Parameters"]["Key.$"] == listed
        assert state["ItemSelector"] == {
            "action": action,
            "plan.$": "$.plan",
            "item.$": "$$.Map.Item.Value",
        }
        assert state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
        assert state["ResultPath"] is None and state["MaxConcurrency"] > 0
        work = state["ItemProcessor"]["States"][one]
        assert work["TimeoutSeconds"] > 900 and work["Retry"]


def test_lists_are_loaded_only_if_the_job_serves_them(definitions: Definitions) -> None:
    states = definitions["batch"]["States"]
    (choice,) = states["Are the lists served?"]["Choices"]
    assert {condition["Variable"] for condition in choice["And"]} == {"$.plan.served"}
    load = states[choice["Next"]]
    assert load["ItemSelector"]["action"] == "load" and load["Next"] == "Clean up"
    (catch,) = load["Catch"]
    assert states[catch["Next"]]["Parameters"]["action"] == "fail"


def test_training_job_takes_its_values_from_the_plan(definitions: Definitions) -> None:
    task = definitions["train"]["States"]["Train model"]
    assert task["Resource"].endswith(":states:::sagemaker:createTrainingJob.sync")
    job = task["Parameters"]
    assert job["TrainingJobName.$"] == "$.plan.jobName"
    output = {name: one for name, one in job["OutputDataConfig"].items() if name != "KmsKeyId"}
    assert output == {"S3OutputPath.$": "$.plan.outputPath", "CompressionType": "NONE"}
    assert job["HyperParameters"] == {"config.$": "$.plan.configKey"}
    sources = {c["ChannelName"]: c["DataSource"]["S3DataSource"] for c in job["InputDataConfig"]}
    assert sources["data"]["S3DataType"] == "ManifestFile"
    assert sources["data"]["S3Uri.$"] == "$.plan.manifestUri"
    assert sources["code"]["S3Uri"].startswith("<s3://")
    assert ("MaxWaitTimeInSeconds" in job["StoppingCondition"]) == job["EnableManagedSpotTraining"]
    budget = int(job["Environment"]["TRAINING_BUDGET_SECONDS"])
    assert 60 <= budget <= job["StoppingCondition"]["MaxRuntimeInSeconds"] * 2 / 3
    several = job["ResourceConfig"]["InstanceCount"] > 1
    assert job.get("EnableInterContainerTrafficEncryption", False) == several


def test_spark_job_wants_no_more_workers_than_its_application_may_have(assembly) -> None:
    """Beyond it a job fails.

    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-troubleshoot.html
    """
    (application,) = assembly.templates["prod"].of_type("AWS::EMRServerless::Application").values()
    job = definitions_of(assembly.templates["prod"])["import"]["States"]["Import data on Spark"]
    submitted = job["Parameters"]["JobDriver"]["SparkSubmit"]["SparkSubmitParameters"]
    conf = dict(one.split("=", 1) for one in submitted.removeprefix("--conf ").split(" --conf "))
    most = int(conf["spark.dynamicAllocation.maxExecutors"])
    cores = int(conf["spark.driver.cores"]) + most * int(conf["spark.executor.cores"])
    assert application["MaximumCapacity"]["Cpu"] == f"{cores} vCPU"
    assert (
        int(conf["spark.dynamicAllocation.initialExecutors"]) == int(conf["spark.executor.instances"]) <= most
    )


def test_spark_jobs_run_one_at_a_time_and_have_time_to_wait_for_another(assembly) -> None:
    """https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/applications-concurrency-queuing.html."""
    (application,) = assembly.templates["prod"].of_type("AWS::EMRServerless::Application").values()
    queue = application["SchedulerConfiguration"]
    definitions = definitions_of(assembly.templates["prod"])
    assert queue["MaxConcurrentRuns"] == 1
    assert 15 <= queue["QueueTimeoutMinutes"] <= 720  # what EMR Serverless accepts
    for machine, state in (("import", "Import data on Spark"), ("train", "Prepare events on Spark")):
        job = definitions[machine]["States"][state]
        run = job["Parameters"]["ExecutionTimeoutMinutes"]
        assert queue["QueueTimeoutMinutes"] == run
        assert job["TimeoutSeconds"] > (queue["QueueTimeoutMinutes"] + run) * 60
        assert definitions[machine]["TimeoutSeconds"] > job["TimeoutSeconds"]


@pytest.mark.parametrize(("cores", "most", "first"), [(8, "1", "1"), (15, "2", "2"), (200, "49", "3")])
def test_spark_job_of_few_cores_begins_with_fewer_executors(cores: int, most: str, first: str) -> None:
    found = executors(cores)
    assert found["spark.dynamicAllocation.maxExecutors"] == most
    assert found["spark.dynamicAllocation.initialExecutors"] == first


def test_training_waits_for_its_quota_and_fails_at_once_if_it_is_too_low(definitions: Definitions) -> None:
    """A limit of 4 that refuses 11 while nothing runs: data-science-on-aws/data-science-on-aws, issue 140."""
    states = definitions["train"]["States"]
    job = states["Train model"]
    assert not any("ResourceLimit" in error for retry in job["Retry"] for error in retry["ErrorEquals"])
    quota, _ = job["Catch"]
    assert quota["ErrorEquals"] == ["SageMaker.ResourceLimitExceededException"]
    question = states[quota["Next"]]
    (too_low,) = question["Choices"]
    message = (
        "The account-level service limit 'ml.g6.xlarge for spot training job usage' is {} Instances, with "
        "current utilization of {} Instances and a request delta of {} Instances."
    )
    assert too_low["Variable"] == "$.error.Cause"
    for limit, used, asked in ((0, 0, 1), (4, 0, 11), (1, 0, 2)):
        assert fnmatchcase(message.format(limit, used, asked), too_low["StringMatches"])
    for limit, used, asked in ((1, 1, 1), (10, 10, 1), (4, 3, 2)):
        assert not fnmatchcase(message.format(limit, used, asked), too_low["StringMatches"])
    assert states[too_low["Next"]]["Parameters"]["action"] == "fail"
    wait = states[question["Default"]]
    assert (wait["Type"], wait["Next"]) == ("Wait", "Train model")


def test_retention_that_somebody_has_chosen_for_the_log_of_all_training_jobs_stays(
    definitions: Definitions,
) -> None:
    """Every training job of the account writes to this log, so a short retention deletes what others wrote.

    A log group without `retentionInDays` keeps its events forever.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
    """
    states = definitions["train"]["States"]
    look = states["Look at the log of training jobs"]
    assert look["Parameters"] == {"LogGroupNamePrefix": "/aws/sagemaker/TrainingJobs", "Limit": 1}
    (chosen,) = states[look["Next"]]["Choices"]
    assert (chosen["Variable"], chosen["IsPresent"]) == ("$.log.LogGroups[0].RetentionInDays", True)
    assert chosen["Next"] == "Register model"
    (failed,) = look["Catch"]
    assert (failed["ErrorEquals"], failed["Next"]) == (["States.ALL"], "Register model")


def test_entry_point_meets_the_limits_of_sagemaker_and_cloudformation() -> None:
    assert all(len(word) <= 256 for word in ENTRYPOINT)
    assert "${" not in "".join(ENTRYPOINT)


def test_declaration_repeats_its_step_until_cloudformation_has_an_answer(definitions: Definitions) -> None:
    """It has no record, so its failure is an answer, too."""
    states = definitions["declare"]["States"]
    step = states[definitions["declare"]["StartAt"]]
    payload = {"action": "step", "input.$": "$$.Execution.Input", "startedAt.$": "$$.Execution.StartTime"}
    assert step["Parameters"] == payload and step["TimeoutSeconds"] > 60
    question = states[step["Next"]]
    (choice,) = question["Choices"]
    assert states[choice["Next"]]["Type"] == "Succeed"
    pause = states[question["Default"]]
    assert (pause["Type"], pause["SecondsPath"]) == ("Wait", "$.result.seconds")
    assert states[pause["Next"]] is step
    *_, catch = step["Catch"]
    assert catch["ErrorEquals"] == ["States.ALL"]
    answer = states[catch["Next"]]
    assert answer["Parameters"] == {**payload, "action": "fail", "error.$": "$.error"}
    assert states[answer["Next"]]["Type"] == "Fail"
    assert definitions["declare"]["TimeoutSeconds"] > 3600  # CloudFormation waits for an hour


def test_mailing_checks_its_input_and_looks_at_each_job_until_it_is_done(definitions: Definitions) -> None:
    """It has no record: an error of a step ends the execution, which shows it."""
    states = definitions["mailing"]["States"]
    check = states[definitions["mailing"]["StartAt"]]
    payload = {
        "action": "mail",
        "input.$": "$$.Execution.Input",
        "startedAt.$": "$$.Execution.StartTime",
    }
    assert check["Parameters"] == {**payload, "job": "check"}
    question = states[check["Next"]]
    (choice,) = question["Choices"]
    titles = {"segment": choice["Next"], "messages": question["Default"]}
    for job, title in titles.items():
        step = states[title]
        assert step["Parameters"] == {**payload, "job": job} and "Catch" not in step
        done = states[step["Next"]]
        assert done["Choices"][0]["And"][0]["Variable"] == f"$.{job}.done"
        pause = states[done["Default"]]
        assert (pause["SecondsPath"], pause["Next"]) == (f"$.{job}.seconds", title)
    (found,) = states[states[titles["segment"]]["Next"]]["Choices"]
    assert found["Next"] == titles["messages"]
    (written,) = states[states[titles["messages"]]["Next"]]["Choices"]
    assert states[written["Next"]] == {"Type": "Pass", "OutputPath": "$.messages.report", "End": True}


def lambda_tasks(definitions: Definitions) -> list[dict[str, Any]]:
    """The states that invoke a function, also those of maps."""
    found = [
        one
        for definition in definitions.values()
        for state in definition["States"].values()
        for one in (state, *state.get("ItemProcessor", {}).get("States", {}).values())
        if ":lambda:" in str(one.get("Resource")) or "Function" in str(one.get("Resource"))
    ]
    assert len(found) > 20
    return found


def test_throttled_states_wait_for_hours(definitions: Definitions) -> None:
    """A new account has a concurrency of 10, which one batch job uses up.

    The second name is that of the error which the steps function gets when it invokes the runtime function.
    """
    for task in lambda_tasks(definitions):
        first, *others = task["Retry"]
        assert first["ErrorEquals"] == ["Lambda.TooManyRequestsException", "TooManyRequestsException"]
        assert first["MaxAttempts"] * first["MaxDelaySeconds"] > 4 * 3600
        assert not any("TooManyRequests" in error for retry in others for error in retry["ErrorEquals"])


def test_errors_of_lambda_that_pass_are_those_of_the_cdk(definitions: Definitions) -> None:
    """CDK's own task retries what Step Functions documents as transient errors of Lambda.

    https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
    """
    stack = cdk.Stack()
    function = lambda_.Function.from_function_name(stack, "Function", "f")
    state = tasks.LambdaInvoke(stack, "Task", lambda_function=function, payload_response_only=True)
    (retry,) = state.to_state_json()["Retry"]
    assert "Lambda.ServiceException" in retry["ErrorEquals"]
    for task in lambda_tasks(definitions):
        retried = {error for one in task["Retry"] for error in one["ErrorEquals"]}
        assert set(retry["ErrorEquals"]) <= retried

import json

import pytest

from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.control.workflows.training import NoDataError
from tastemaker.errors import InvalidInput, ResourceAlreadyExists, ResourceInUse
from tastemaker.failures import WorkFailedError
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

GEN1 = "arn:aws:personalize:::recipe/aws-user-personalization"


def described(here, arn):
    return here.call("DescribeSolutionVersion", solutionVersionArn=arn)["solutionVersion"]


def test_version_copies_the_settings_of_its_solution():
    here = world()
    group_arn, _ = shop.shop(here)
    solution_arn = shop.solution(here, group_arn, eventType="watch")
    arn = shop.version(here, solution_arn, name="october")
    version = described(here, arn)
    assert arn.startswith(f"{solution_arn}/") and len(arn.rpartition("/")[2]) == 8
    assert version["eventType"] == "watch" and version["recipeArn"] == shop.RECIPE
    assert version["trainingType"] == "MANUAL" and version["trainingMode"] == "FULL"
    assert version["name"] == "october"
    with pytest.raises(ResourceAlreadyExists):
        shop.version(here, solution_arn, name="october")
    plain = shop.version(here, solution_arn)
    assert described(here, plain)["name"] == plain.partition(":solution/")[2]


def test_training_modes_are_validated():
    here = world()
    group_arn, _ = shop.shop(here)
    v2, first = shop.solution(here, group_arn), shop.solution(here, group_arn, "first", recipeArn=GEN1)
    with pytest.raises(InvalidInput, match="AUTOTRAIN"):
        shop.version(here, v2, trainingMode="AUTOTRAIN")
    with pytest.raises(InvalidInput, match="UPDATE is not supported"):
        shop.version(here, v2, trainingMode="UPDATE")
    with pytest.raises(InvalidInput, match="needs an ACTIVE version"):
        shop.version(here, first, trainingMode="UPDATE")
    shop.trained(here, first)
    assert described(here, shop.version(here, first, trainingMode="UPDATE"))["trainingMode"] == "UPDATE"


def test_update_mode_continues_from_the_newest_full_version():
    here = world()
    group_arn, _ = shop.shop(here)
    solution_arn = shop.solution(here, group_arn, recipeArn=GEN1)
    full = [shop.trained(here, solution_arn) for _ in range(2)][-1]
    folder = here.control.records.find("SolutionVersion", full).body["_bundle"].removeprefix("s3://lake/")
    for name in ("model/item_vectors.npy", "items.blob.npy", "history.items.npy"):
        here.lake.write(f"{folder}{name}", "")
    shop.trained(here, solution_arn, trainingMode="UPDATE")  # it is newer, but no full one
    arn = shop.version(here, solution_arn, trainingMode="UPDATE")
    plan = WorkflowSteps(here.control).begin("train", {"solutionVersionArn": arn}, "e")
    config = json.loads(here.lake.read(plan["configKey"]))
    assert config["previous"] == folder
    manifest = json.loads(here.lake.read(plan["manifestUri"].removeprefix("s3://lake/")))
    given = {key.removeprefix(folder) for key in manifest[1:] if key.startswith(folder)}
    assert given == {"bundle.json", "model/item_vectors.npy", "items.blob.npy"}


def test_metrics_are_available_after_success():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.version(here, shop.solution(here, group_arn))
    with pytest.raises(ResourceInUse):
        here.call("GetSolutionMetrics", solutionVersionArn=arn)
    WorkflowSteps(here.control).fail(
        "train", {"solutionVersionArn": arn}, {}, {"Cause": "out of memory"}, "e"
    )
    assert described(here, arn)["failureReason"] == "out of memory"
    with pytest.raises(InvalidInput, match="no metrics"):
        here.call("GetSolutionMetrics", solutionVersionArn=arn)


def test_warnings_about_metrics_are_on_the_record():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.version(here, shop.solution(here, group_arn))
    steps = WorkflowSteps(here.control)
    plan = steps.begin("train", {"solutionVersionArn": arn}, "e")
    folder = plan["outputPath"].removeprefix("s3://lake/") + f"{plan['jobName']}/output/model/"
    said = ["All metrics of this version are 0."]
    here.lake.write(f"{folder}bundle.json", json.dumps({"metrics": {}, "counts": {}, "warnings": said}))
    steps.succeed("train", {"solutionVersionArn": arn}, plan, {"TrainingTimeInSeconds": 1800})
    assert here.control.records.find("SolutionVersion", arn).body["_warnings"] == said


def test_model_larger_than_the_functions_disk_names_the_setting():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.version(here, shop.solution(here, group_arn))
    shop.finish_training(here, arn, megabytes=5000)
    version = described(here, arn)
    assert version["status"] == "ACTIVE"  # it serves as soon as the setting is changed
    assert "needs 5,032 MB of disk and the functions have 4,096 MB" in version["failureReason"]
    assert "Set functions.runtimeDisk and functions.batchDisk to 5,032" in version["failureReason"]


def test_model_larger_than_any_function_fails():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.version(here, shop.solution(here, group_arn))
    with pytest.raises(WorkFailedError, match="A function has at most 10,240 MB"):
        shop.finish_training(here, arn, megabytes=10_240)
    assert described(here, arn)["status"] == "CREATE IN_PROGRESS"  # until the failure step


def test_model_that_fits_has_no_failure_reason():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.trained(here, shop.solution(here, group_arn))
    assert "failureReason" not in described(here, arn)


def test_stop_stops_the_training_job():
    here = world()
    group_arn, _ = shop.shop(here)
    solution_arn = shop.solution(here, group_arn)
    steps = WorkflowSteps(here.control)

    pending = shop.version(here, solution_arn)
    here.call("StopSolutionVersionCreation", solutionVersionArn=pending)
    assert described(here, pending)["status"] == "CREATE STOPPED"
    assert steps.begin("train", {"solutionVersionArn": pending}, "e1")["skip"]

    running = shop.version(here, solution_arn)
    plan = steps.begin("train", {"solutionVersionArn": running}, "e2")
    here.call("StopSolutionVersionCreation", solutionVersionArn=running)
    assert described(here, running)["status"] == "CREATE STOPPING"
    assert here.workflows.stopped[-1] == ("e2", plan["jobName"])
    steps.fail("train", {"solutionVersionArn": running}, plan, {"Cause": "stopped"}, "e2")
    assert described(here, running)["status"] == "CREATE STOPPED"
    assert "failureReason" not in described(here, running)
    with pytest.raises(ResourceInUse, match="CREATE STOPPED"):
        here.call("StopSolutionVersionCreation", solutionVersionArn=running)


def test_stop_before_the_job_exists_stops_the_execution():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.version(here, shop.solution(here, group_arn))
    WorkflowSteps(here.control).begin("train", {"solutionVersionArn": arn}, "e1")
    here.workflows.jobs_report = False
    here.call("StopSolutionVersionCreation", solutionVersionArn=arn)
    assert described(here, arn)["status"] == "CREATE STOPPED"


def test_training_needs_data():
    here = world()
    group_arn = shop.group(here)
    shop.dataset(here, group_arn)
    arn = shop.version(here, shop.solution(here, group_arn))
    steps, request = WorkflowSteps(here.control), {"solutionVersionArn": arn}
    with pytest.raises(NoDataError, match="no INTERACTIONS data"):
        steps.begin("train", request, "e1")
    here.lake.write("groups/films.00000002/events/a.parquet", "")
    assert steps.begin("train", request, "e1")["arn"] == arn


def test_execution_with_a_solution_creates_one_version():
    here = world()
    group_arn, _ = shop.shop(here)
    solution_arn = shop.solution(here, group_arn)
    steps, request = WorkflowSteps(here.control), {"solutionArn": solution_arn}
    plan = steps.begin("train", request, "execution-by-hand")
    assert steps.begin("train", request, "execution-by-hand") == plan
    version = described(here, plan["arn"])
    assert version["trainingType"] == "MANUAL" and version["status"] == "CREATE IN_PROGRESS"
    assert "train" not in [workflow for workflow, _ in here.workflows.started.values()]
    steps.fail("train", request, {}, {"Error": "States.Timeout"}, "execution-by-hand")
    assert described(here, plan["arn"])["status"] == "CREATE FAILED"


def test_scheduled_run_needs_new_interactions():
    here = world()
    group_arn, dataset_arn = shop.shop(here)
    solution_arn = shop.solution(here, group_arn, performAutoTraining=True)
    steps, request = WorkflowSteps(here.control), {"solutionArn": solution_arn, "trainingType": "AUTOMATIC"}

    def run(name):
        plan = steps.begin("train", request, name)
        if not plan.get("skip"):
            steps.fail("train", request, plan, {}, name)
        return not plan.get("skip")

    here.clock.now += 3600
    assert run("first")  # it failed, so the data are still new
    assert run("second")
    here.clock.now += 30 * 86400
    shop.trained(here, solution_arn)
    assert not run("third")
    here.lake.write("groups/films.00000002/events/new.parquet", "", here.clock.now + 1)
    assert run("fourth")
    shop.trained(here, solution_arn)
    shop.imported(here, dataset_arn, "more", importMode="INCREMENTAL")
    assert run("fifth")


def test_first_scheduled_run_is_skipped_after_a_manual_version():
    here = world()
    group_arn, dataset_arn = shop.shop(here)
    solution_arn = shop.solution(here, group_arn, performAutoTraining=True)
    shop.trained(here, solution_arn)
    shop.imported(here, dataset_arn, "more", importMode="INCREMENTAL")
    here.clock.now += 3600
    request = {"solutionArn": solution_arn, "trainingType": "AUTOMATIC"}
    assert WorkflowSteps(here.control).begin("train", request, "first") == {"skip": True}


def test_job_without_a_bundle_fails():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.version(here, shop.solution(here, group_arn))
    steps, request = WorkflowSteps(here.control), {"solutionVersionArn": arn}
    plan = steps.begin("train", request, "e1")
    with pytest.raises(LookupError):
        steps.succeed("train", request, plan, {})
    assert described(here, arn)["status"] == "CREATE IN_PROGRESS"

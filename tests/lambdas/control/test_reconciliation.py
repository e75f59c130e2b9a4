"""Reconciliation on AWS in memory."""

import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from lambdas.control.reconciliation import GRACE_SECONDS, Reconciler
from lambdas.stores.records import ResourceTable
from lambdas.support.state_machines import StateMachines
from tastemaker.contracts.workflow_names import WORKFLOWS
from tastemaker.control.workflows.steps import WorkflowSteps
from tests.lambdas.aws import TABLE
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import FakeLake, World, world

MACHINES = {name: f"arn:aws:states:eu-west-1:123456789012:stateMachine:{name}" for name in WORKFLOWS}


class States:
    """Step Functions whose executions run until they are stopped; the next `throttled` calls are refused."""

    def __init__(self):
        self.executions, self.throttled = {}, 0

    def start_execution(self, stateMachineArn, name, input):  # noqa: N803 - as boto3 spells it
        arn = f"{stateMachineArn.replace(':stateMachine:', ':execution:')}:{name}"
        self.executions[arn] = {"executionArn": arn, "status": "RUNNING", "input": input}
        return {"executionArn": arn}

    def describe_execution(self, executionArn):  # noqa: N803
        if self.throttled:
            self.throttled -= 1
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "DescribeExecution")
        if executionArn not in self.executions:
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist"}}, "DescribeExecution")
        return self.executions[executionArn]


class Deployment:
    """A control plane with state machines, and a steps function that settles."""

    def __init__(self, dynamodb):
        self.states = States()
        self.machines = StateMachines(MACHINES, self.states)
        self.here = world(repository=ResourceTable(dynamodb, TABLE))
        self.notified = []
        real = self.here.control.with_ports(workflows=Both(self.machines, self.here.workflows))
        self.reconciler = Reconciler(real, self.machines, self.notify)
        self.steps = WorkflowSteps(self.here.control.with_ports(lake=FakeLake()))

    def notify(self, event):
        detail = json.loads(json.dumps(event))["detail"]
        self.notified.append(detail)
        workflow = detail["stateMachineArn"].rpartition(":")[2]
        error = {"Error": detail["error"], "Cause": detail["cause"]}
        self.steps.settle(workflow, json.loads(detail["input"]), error, detail["executionArn"])

    def reconcile(self, *, later=GRACE_SECONDS):
        self.here.clock.now += later
        return self.reconciler.run()

    def start(self, workflow, request):
        """Start an execution, have it claim its record, and return its ARN."""
        arn = self.states.start_execution(MACHINES[workflow], "by-hand", json.dumps(request))["executionArn"]
        self.steps.begin(workflow, request, arn)
        return arn

    def status(self, arn):
        record = self.here.control.records.get(arn)
        return record and record.status


class Both:
    """A workflow starter with state machines and fake schedules."""

    def __init__(self, machines, fake):
        self.start, self.stop = machines.start, machines.stop
        self.schedule, self.unschedule = fake.schedule, fake.unschedule


@pytest.fixture
def deployment(resources_table):
    return Deployment(resources_table)


@pytest.fixture
def job(deployment):
    """An import job whose execution was never started."""
    return shop.import_job(deployment.here, shop.dataset(deployment.here, shop.group(deployment.here)))


def test_run_does_nothing_if_no_execution_is_missing(deployment):
    shop.dataset(deployment.here, shop.group(deployment.here))
    assert deployment.reconcile() == {"started": 0, "settled": 0, "failed": 0}


def test_run_starts_a_missing_execution_after_the_grace_period(deployment, job):
    assert deployment.reconcile(later=0)["started"] == 0
    assert deployment.reconcile()["started"] == 1
    (execution,) = deployment.states.executions.values()
    assert ":execution:import:" in execution["executionArn"]
    assert json.loads(execution["input"]) == {"datasetImportJobArn": job}
    assert deployment.reconcile() == {"started": 0, "settled": 0, "failed": 0}  # it is running
    assert deployment.status(job) == "CREATE PENDING" and deployment.notified == []


def waiting_campaign(here: World) -> tuple[str, str]:
    """A solution without versions, and a campaign that waits for the first one."""
    group = shop.group(here)
    shop.imported(here, shop.dataset(here, group))
    solution = shop.solution(here, group)
    sync = {"campaignConfig": {"syncWithLatestSolutionVersion": True}}
    return solution, shop.campaign(here, f"{solution}/$LATEST", "early", awaitFirstVersion=True, **sync)


def test_run_finishes_campaigns_that_no_execution_finishes(deployment):
    here = deployment.here
    solution, waiting = waiting_campaign(here)
    before = here.control.records.get(waiting)
    assert deployment.reconcile() == {"started": 0, "settled": 0, "failed": 0}
    version = shop.trained(here, solution)
    blue = shop.deployed(here, version, "blue")
    alias = here.call("CreateCampaign", name="alias", solutionVersionArn=blue)["campaignArn"]
    # What a function has left that was killed, in an early version or after a training.
    here.control.writer.change(here.control.records.get(alias), status="CREATE PENDING")
    undone = replace(before, revision=here.control.records.get(waiting).revision)
    here.control.ports.repository.update(undone)
    assert deployment.status(waiting) == "CREATE PENDING"
    assert deployment.reconcile()["settled"] == 2
    assert deployment.status(alias) == deployment.status(waiting) == "ACTIVE"
    here.call("UpdateCampaign", campaignArn=alias, solutionVersionArn=blue)  # it can be moved again
    assert deployment.reconcile() == {"started": 0, "settled": 0, "failed": 0}


def leave_unscheduled(here: World, arn: str) -> None:
    """Undo what follows the record of a campaign: its function was killed right after it wrote the record."""
    here.workflows.schedules.clear()
    here.control.writer.change_private(here.control.records.get(arn), _scheduled=None)


@pytest.mark.parametrize("trained_first", [False, True])
def test_campaign_whose_creation_ended_early_is_served_with_a_schedule_of_refreshes(
    deployment, trained_first
):
    here = deployment.here
    solution, arn = waiting_campaign(here)
    wanted = {name: one["request"] for name, one in here.workflows.schedules.items()}
    assert {"campaignArn": arn} in wanted.values()
    leave_unscheduled(here, arn)
    if trained_first:
        shop.trained(here, solution)
        assert deployment.status(arn) == "CREATE PENDING"  # training cannot schedule
        assert deployment.reconcile()["settled"] == 1
    else:
        assert deployment.reconcile()["failed"] == 0
        shop.trained(here, solution)
    assert deployment.status(arn) == "ACTIVE"
    assert {name: one["request"] for name, one in here.workflows.schedules.items()} == wanted


def test_run_schedules_the_refreshes_of_a_waiting_campaign_once(deployment):
    here = deployment.here
    waiting_campaign(here)
    here.workflows.schedules.clear()
    assert deployment.reconcile()["failed"] == 0
    assert here.workflows.schedules == {}


def test_run_settles_the_record_of_an_aborted_execution(deployment, job):
    execution = deployment.start("import", {"datasetImportJobArn": job})
    assert deployment.reconcile()["settled"] == 0
    deployment.states.executions[execution] |= {"status": "ABORTED"}
    assert deployment.reconcile()["settled"] == 1
    described = deployment.here.call("DescribeDatasetImportJob", datasetImportJobArn=job)["datasetImportJob"]
    assert described["status"] == "CREATE FAILED"
    assert (
        "ABORTED" in described["failureReason"] and "again with the same input" in described["failureReason"]
    )
    assert deployment.reconcile() == {"started": 0, "settled": 0, "failed": 0}


def test_run_settles_the_record_of_an_unknown_execution_with_advice(deployment, job):
    deployment.steps.begin(
        "import",
        {"datasetImportJobArn": job},
        f"{deployment.machines.machines['import']}:gone".replace(":stateMachine:", ":execution:"),
    )
    assert deployment.reconcile()["settled"] == 1
    reason = deployment.here.control.records.get(job).body["failureReason"]
    assert "Start the state machine again" in reason


def test_run_restarts_a_deletion_and_stores_why_it_failed(deployment, job):
    dataset = deployment.here.control.records.get(job).body["datasetArn"]
    deployment.here.control.writer.change(deployment.here.control.records.get(job), status="ACTIVE")
    deployment.here.call("DeleteDataset", datasetArn=dataset)
    assert deployment.reconcile()["started"] == 1
    (execution,) = deployment.states.executions.values()
    assert deployment.reconcile() == {"started": 0, "settled": 0, "failed": 0}
    execution |= {"status": "TIMED_OUT", "cause": "It took longer than two hours."}
    assert deployment.reconcile()["settled"] == 1
    assert "two hours" in deployment.here.control.records.get(dataset).body["failureReason"]
    deployment.here.call("DeleteDataset", datasetArn=dataset)  # a failed deletion can be requested again
    assert deployment.reconcile()["started"] == 1


def test_run_continues_after_a_record_that_fails(deployment, job):
    dataset = deployment.here.control.records.get(job).body["datasetArn"]
    shop.import_job(deployment.here, dataset, "second")
    deployment.states.throttled = 1
    assert deployment.reconcile() == {"started": 1, "settled": 0, "failed": 1}
    assert deployment.reconcile() == {
        "started": 1,
        "settled": 0,
        "failed": 0,
    }  # the other one, in the next run


def test_run_settles_the_record_of_an_execution_that_succeeded_without_settling_it(deployment, job):
    execution = deployment.start("import", {"datasetImportJobArn": job})
    deployment.states.executions[execution] |= {"status": "SUCCEEDED"}
    assert deployment.reconcile()["settled"] == 1
    assert deployment.status(job) == "CREATE FAILED"


def test_run_stops_when_its_time_is_up(deployment, job):
    deployment.reconciler = replace(deployment.reconciler, seconds=-1.0)
    assert deployment.reconcile()["started"] == 0

"""Records whose work was lost, on AWS in memory: each ends, or goes on."""

import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from lambdas.control.reconciliation import PATIENCE, Reconciler
from lambdas.stores.records import ResourceTable
from lambdas.support.state_machines import StateMachines
from tastemaker.contracts.workflow_names import WORKFLOWS
from tastemaker.control.workflows.steps import Workflows
from tests.lambdas.aws import TABLE
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import FakeLake, world

MACHINES = {name: f"arn:aws:states:eu-west-1:123456789012:stateMachine:{name}" for name in WORKFLOWS}


class States:
    """Step Functions whose executions run until they are stopped. `throttled`: so many looks are refused."""

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


class Place:
    """A control plane whose executions are Step Functions', and a steps function that settles."""

    def __init__(self, dynamodb):
        self.states = States()
        self.work = StateMachines(MACHINES, self.states)
        self.here = world(repository=ResourceTable(dynamodb, TABLE))
        self.told = []
        real = replace(self.here.desk, work=Both(self.work, self.here.work))
        self.reconciler = Reconciler(real, self.work, self.tell)
        self.steps = Workflows(replace(self.here.desk, lake=FakeLake()))

    def tell(self, event):
        detail = json.loads(json.dumps(event))["detail"]
        self.told.append(detail)
        workflow = detail["stateMachineArn"].rpartition(":")[2]
        error = {"Error": detail["error"], "Cause": detail["cause"]}
        self.steps.settle(workflow, json.loads(detail["input"]), error, detail["executionArn"])

    def look(self, *, later=PATIENCE):
        self.here.clock.now += later
        return self.reconciler.run()

    def begun(self, workflow, request):
        """An execution that has marked its record as in progress; its ARN."""
        arn = self.states.start_execution(MACHINES[workflow], "by-hand", json.dumps(request))["executionArn"]
        self.steps.begin(workflow, request, arn)
        return arn

    def status(self, arn):
        record = self.here.desk.repository.get(arn)
        return record and record.status


class Both:
    """The machines are real; the schedules are not."""

    def __init__(self, machines, fake):
        self.start, self.stop = machines.start, machines.stop
        self.schedule, self.unschedule = fake.schedule, fake.unschedule


@pytest.fixture
def place(resources_table):
    return Place(resources_table)


@pytest.fixture
def job(place):
    """An import whose execution the function did not live to start."""
    return shop.import_job(place.here, shop.dataset(place.here, shop.group(place.here)))


def test_nothing_is_done_where_nothing_is_lost(place):
    shop.dataset(place.here, shop.group(place.here))
    assert place.look() == {"started": 0, "settled": 0, "failed": 0}


def test_work_that_was_never_started_is_started_once_it_is_old_enough(place, job):
    assert place.look(later=0)["started"] == 0
    assert place.look()["started"] == 1
    (execution,) = place.states.executions.values()
    assert ":execution:import:" in execution["executionArn"]
    assert json.loads(execution["input"]) == {"datasetImportJobArn": job}
    assert place.look() == {"started": 0, "settled": 0, "failed": 0}  # it runs
    assert place.status(job) == "CREATE PENDING" and place.told == []


def test_an_end_that_nobody_heard_of_is_written_down(place, job):
    execution = place.begun("import", {"datasetImportJobArn": job})
    assert place.look()["settled"] == 0
    place.states.executions[execution] |= {"status": "ABORTED"}
    assert place.look()["settled"] == 1
    described = place.here.call("DescribeDatasetImportJob", datasetImportJobArn=job)["datasetImportJob"]
    assert described["status"] == "CREATE FAILED"
    assert (
        "ABORTED" in described["failureReason"] and "again with the same input" in described["failureReason"]
    )
    assert place.look() == {"started": 0, "settled": 0, "failed": 0}


def test_an_execution_that_is_forgotten_says_what_to_do(place, job):
    place.steps.begin(
        "import",
        {"datasetImportJobArn": job},
        f"{place.work.machines['import']}:gone".replace(":stateMachine:", ":execution:"),
    )
    assert place.look()["settled"] == 1
    reason = place.here.desk.repository.get(job).body["failureReason"]
    assert "Start the state machine again" in reason


def test_a_deletion_goes_on(place, job):
    dataset = place.here.desk.repository.get(job).body["datasetArn"]
    place.here.desk.change(place.here.desk.repository.get(job), status="ACTIVE")
    place.here.call("DeleteDataset", datasetArn=dataset)
    assert place.look()["started"] == 1
    (execution,) = place.states.executions.values()
    assert place.look() == {"started": 0, "settled": 0, "failed": 0}
    execution |= {"status": "TIMED_OUT", "cause": "It took longer than two hours."}
    assert place.look()["settled"] == 1
    assert "two hours" in place.here.desk.repository.get(dataset).body["failureReason"]
    place.here.call("DeleteDataset", datasetArn=dataset)  # which may be asked for again
    assert place.look()["started"] == 1


def test_a_record_that_cannot_be_looked_at_does_not_keep_the_others(place, job):
    dataset = place.here.desk.repository.get(job).body["datasetArn"]
    shop.import_job(place.here, dataset, "second")
    place.states.throttled = 1
    assert place.look() == {"started": 1, "settled": 0, "failed": 1}
    assert place.look() == {"started": 1, "settled": 0, "failed": 0}  # the other one, at the next look


def test_an_execution_that_ended_well_and_left_its_record_is_settled_too(place, job):
    execution = place.begun("import", {"datasetImportJobArn": job})
    place.states.executions[execution] |= {"status": "SUCCEEDED"}
    assert place.look()["settled"] == 1
    assert place.status(job) == "CREATE FAILED"


def test_a_look_ends_when_its_time_is_up(place, job):
    place.reconciler = replace(place.reconciler, seconds=-1.0)
    assert place.look()["started"] == 0

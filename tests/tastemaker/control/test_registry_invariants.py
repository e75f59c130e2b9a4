"""Random sequences of requests and workflow steps, and the invariants that hold after each."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tastemaker.contracts import statuses
from tastemaker.control.core.declaration import ALWAYS
from tastemaker.control.core.records import Record
from tastemaker.control.workflows.reconciliation import pending_executions
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import TastemakerError
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import SCOPE, World, world

NAMES = st.sampled_from(["a", "a", "a", "b"])
DELETES = {
    "DatasetGroup": "datasetGroupArn",
    "Dataset": "datasetArn",
    "Schema": "schemaArn",
    "EventTracker": "eventTrackerArn",
    "Solution": "solutionArn",
    "Campaign": "campaignArn",
}


class ControlPlane(RuleBasedStateMachine):
    """A control plane whose resources have one of two names, so that requests often concern the same ones."""

    def __init__(self) -> None:
        super().__init__()
        self.here: World = world()
        self.steps = WorkflowSteps(self.here.control)
        self.done: set[str] = set()
        self.running: dict[str, dict[str, Any]] = {}
        self.seen: dict[str, Record] = {}

    @property
    def records(self) -> dict[str, Record]:
        return self.here.control.ports.repository.records  # type: ignore[attr-defined]

    def has(self, resource_type: str) -> bool:
        """Whether a resource of a type exists: requests that cannot succeed test little."""
        return any(record.resource_type == resource_type for record in self.records.values())

    def request(self, operation: str, **params: Any) -> None:
        """Send a request, which may be refused with a domain error."""
        try:
            self.here.call(operation, **params)
        except TastemakerError as error:
            assert error.message

    @initialize(depth=st.sampled_from([0, 1, 2, 3, 3, 3]))
    def create_initial_resources(self, depth: int) -> None:
        """Begin with a group that has data, a model or a campaign, because chance rarely leads there."""
        if depth == 0:
            return
        group_arn = shop.group(self.here, "a")
        schema_arn = shop.schema(self.here, name="a-Interactions")
        dataset_arn = shop.dataset(self.here, group_arn, schema_arn=schema_arn)
        shop.imported(self.here, dataset_arn, "a-first")
        if depth > 1:
            solution_arn = shop.solution(self.here, group_arn, "a")
            shop.trained(self.here, solution_arn)
        if depth > 2:
            synced = {"syncWithLatestSolutionVersion": True}
            shop.deployed(self.here, f"{solution_arn}/$LATEST", "a", campaignConfig=synced)
        self.done = set(self.here.workflows.started)

    @rule(name=NAMES)
    def create_group(self, name: str) -> None:
        self.request("CreateDatasetGroup", name=name)

    @rule(name=NAMES, dataset_type=st.sampled_from(["Interactions", "Items"]))
    def create_schema(self, name: str, dataset_type: str) -> None:
        self.request("CreateSchema", name=f"{name}-{dataset_type}", schema=shop.avro(dataset_type))

    @precondition(lambda self: self.has("DatasetGroup") and self.has("Schema"))
    @rule(group=NAMES, schema=NAMES, dataset_type=st.sampled_from(["Interactions", "Items"]))
    def create_dataset(self, group: str, schema: str, dataset_type: str) -> None:
        self.request(
            "CreateDataset",
            name="d",
            datasetType=dataset_type,
            datasetGroupArn=SCOPE.arn(f"dataset-group/{group}"),
            schemaArn=SCOPE.arn(f"schema/{schema}-{dataset_type}"),
        )

    @precondition(lambda self: self.has("Dataset"))
    @rule(group=NAMES, name=NAMES, mode=st.sampled_from(["FULL", "INCREMENTAL"]))
    def import_data(self, group: str, name: str, mode: str) -> None:
        self.request(
            "CreateDatasetImportJob",
            jobName=f"{group}-{name}",
            datasetArn=SCOPE.arn(f"dataset/{group}/INTERACTIONS"),
            dataSource={"dataLocation": "s3://data/x"},
            importMode=mode,
        )

    @rule(group=NAMES)
    def create_tracker(self, group: str) -> None:
        self.request("CreateEventTracker", name="t", datasetGroupArn=SCOPE.arn(f"dataset-group/{group}"))

    @precondition(lambda self: self.has("DatasetGroup"))
    @rule(group=NAMES, name=NAMES, auto=st.booleans())
    def create_solution(self, group: str, name: str, auto: bool) -> None:
        self.request(
            "CreateSolution",
            name=name,
            datasetGroupArn=SCOPE.arn(f"dataset-group/{group}"),
            recipeArn=shop.RECIPE,
            performAutoTraining=auto,
        )

    @precondition(lambda self: self.has("Solution"))
    @rule(name=NAMES)
    def create_version(self, name: str) -> None:
        self.request("CreateSolutionVersion", solutionArn=SCOPE.arn(f"solution/{name}"))

    @precondition(lambda self: self.has("SolutionVersion"))
    @rule(name=NAMES)
    def stop_newest_version(self, name: str) -> None:
        for record in self.here.control.records.each("SolutionVersion", SCOPE.arn(f"solution/{name}")):
            self.request("StopSolutionVersionCreation", solutionVersionArn=record.arn)
            break

    @precondition(lambda self: self.has("SolutionVersion"))
    @rule(name=NAMES, solution=NAMES, sync=st.booleans())
    def create_campaign(self, name: str, solution: str, sync: bool) -> None:
        self.request("CreateCampaign", name=name, **self.target(solution, sync))

    @precondition(lambda self: self.has("Campaign"))
    @rule(name=NAMES, solution=NAMES, sync=st.booleans())
    def update_campaign(self, name: str, solution: str, sync: bool) -> None:
        self.request(
            "UpdateCampaign", campaignArn=SCOPE.arn(f"campaign/{name}"), **self.target(solution, sync)
        )

    def target(self, solution: str, sync: bool) -> dict[str, Any]:
        arn = SCOPE.arn(f"solution/{solution}")
        if sync:
            config = {"syncWithLatestSolutionVersion": True}
            return {"solutionVersionArn": f"{arn}/$LATEST", "campaignConfig": config}
        newest = next(self.here.control.records.each("SolutionVersion", arn), None)
        return {"solutionVersionArn": newest.arn if newest else f"{arn}/00000000", "campaignConfig": {}}

    @precondition(lambda self: self.records)
    @rule(data=st.data(), resource_type=st.sampled_from(sorted(DELETES)))
    def delete(self, data: st.DataObject, resource_type: str) -> None:
        arns = sorted(arn for arn, record in self.records.items() if record.resource_type == resource_type)
        if arns:
            self.request(
                f"Delete{resource_type}", **{DELETES[resource_type]: data.draw(st.sampled_from(arns))}
            )

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), twice=st.booleans())
    def begin_workflow(self, data: st.DataObject, twice: bool) -> None:
        """An execution that has been started begins, perhaps twice, or fails at once."""
        name = data.draw(st.sampled_from(self.waiting))
        workflow, request = self.here.workflows.started[name]
        self.done.add(name)
        try:
            for _ in range(1 + twice):
                plan = self.steps.begin(workflow, request, name)
        except TastemakerError:
            self.steps.fail(workflow, request, {}, {"Cause": "it could not begin"}, name)
            return
        if not plan.get("skip"):
            self.running[name] = plan

    @precondition(lambda self: self.running)
    @rule(data=st.data(), good=st.booleans(), twice=st.booleans())
    def end_workflow(self, data: st.DataObject, good: bool, twice: bool) -> None:
        """The work of an execution ends, well or not, and its last step runs, perhaps twice."""
        name = data.draw(st.sampled_from(sorted(self.running)))
        workflow, request = self.here.workflows.started[name]
        plan = self.running.pop(name)
        if good and workflow == "train":
            folder = plan["outputPath"].removeprefix("s3://lake/") + f"{plan['jobName']}/output/model/"
            self.here.lake.write(f"{folder}bundle.json", '{"metrics": {}}')
        if good and workflow == "import":
            self.here.lake.write(f"{plan['destination']}part-00000.parquet", "rows")
        for _ in range(1 + twice):
            if not good:
                self.steps.fail(workflow, request, plan, {"Cause": "bad luck"}, name)
            elif workflow == "delete":
                self.steps.remove(request)
            else:
                self.steps.succeed(workflow, request, plan, {"rows": 5})

    @property
    def waiting(self) -> list[str]:
        """Executions that have been started and have not claimed their record."""
        return sorted(self.here.workflows.started.keys() - self.done)

    # --- invariants ---

    @invariant()
    def every_reference_exists(self) -> None:
        for record in self.records.values():
            if record.parent is not None:
                assert record.parent in self.records, record
            for reference in self.here.control.resource_types[record.resource_type].references:
                named = record.body.get(reference.member)
                if named is not None and reference.blocks_deletion == ALWAYS:
                    assert named in self.records, record

    @invariant()
    def active_campaigns_serve_active_versions(self) -> None:
        for record in self.records.values():
            if record.resource_type == "Campaign" and record.status == statuses.ACTIVE:
                serving = record.body["_serving"]
                version = self.records[serving["solutionVersionArn"]]
                assert version.status == statuses.ACTIVE and version.body["_bundle"] == serving["bundle"]
                assert record.body["solutionVersionArn"] == version.arn

    @invariant()
    def synced_campaigns_serve_the_newest(self) -> None:
        for record in self.records.values():
            config = record.body.get("campaignConfig", {})
            if record.status == statuses.ACTIVE and config.get("syncWithLatestSolutionVersion"):
                versions = self.here.control.records.each("SolutionVersion", record.parent)
                newest = next(one for one in versions if one.status == statuses.ACTIVE)
                assert record.body["solutionVersionArn"] == newest.arn

    @invariant()
    def statuses_agree_with_reasons(self) -> None:
        for record in self.records.values():
            if record.status == statuses.FAILED:
                assert record.body["failureReason"]
            if record.status in (statuses.ACTIVE, statuses.PENDING):
                assert "failureReason" not in record.body

    @invariant()
    def lists_and_describes_agree(self) -> None:
        for resource_type, member in DELETES.items():
            plural = f"{member.removesuffix('Arn')}s"
            listed = {body[member]: body for body in self.here.call(f"List{resource_type}s")[plural]}
            assert set(listed) == {
                arn for arn, record in self.records.items() if record.resource_type == resource_type
            }
            for arn, body in listed.items():
                described = self.here.call(f"Describe{resource_type}", **{member: arn})[
                    member.removesuffix("Arn")
                ]
                assert body.items() <= described.items()

    @invariant()
    def aliases_lead_to_records(self) -> None:
        aliases = self.here.control.ports.repository.aliases  # type: ignore[attr-defined]
        expected: dict[str, str] = {}
        for record in self.records.values():
            expected |= self.here.control.resource_types[record.resource_type].aliases(
                record.arn, record.body
            )
        assert aliases == expected

    @invariant()
    def schedules_belong_to_solutions_that_train_by_themselves(self) -> None:
        expected = {
            record.arn
            for record in self.records.values()
            if record.resource_type == "Solution"
            and record.body["performAutoTraining"]
            and record.status not in statuses.DELETING
        }
        schedules = self.here.workflows.schedules.values()
        assert {one["request"]["solutionArn"] for one in schedules if one["workflow"] == "train"} == expected

    @invariant()
    def refreshes_are_scheduled_for_campaigns_of_recipes_that_have_them(self) -> None:
        recipe = self.here.control.ports.recipe
        expected = {
            record.arn
            for record in self.records.values()
            if record.resource_type == "Campaign"
            and recipe(self.records[record.parent].body["recipeArn"]).refreshed
        }
        schedules = self.here.workflows.schedules.values()
        assert {
            one["request"]["campaignArn"] for one in schedules if one["workflow"] == "refresh"
        } == expected

    @invariant()
    def what_is_under_way_waits_for_an_execution_that_is(self) -> None:
        """Every record in transition has an execution that has been started or is running."""
        for record in self.records.values():
            for one in pending_executions(self.here.control, record):
                assert one.execution in self.waiting or one.execution in self.running, record

    @invariant()
    def a_settled_version_stays_settled(self) -> None:
        for arn, record in self.records.items():
            before = self.seen.get(arn)
            same = before is not None and before.created_at == record.created_at
            if before is not None and same and record.resource_type == "SolutionVersion":
                assert before.status in statuses.IN_TRANSITION or record.status == before.status
        self.seen = dict(self.records)


TestControlPlane = ControlPlane.TestCase
TestControlPlane.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

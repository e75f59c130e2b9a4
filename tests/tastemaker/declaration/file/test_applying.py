"""Execution: order, failures, interruptions, waiting, and deletions."""

import pytest

from tastemaker.declaration.file.api import ApiError
from tastemaker.declaration.file.existing import find
from tastemaker.declaration.file.planning import destruction
from tests.standard_schemas import avro
from tests.tastemaker.declaration.file.service import MemoryApi, declared, shop


def trained_shop():
    value = shop()
    value["solutionVersions"] = {"v1": {"solution": "for-you"}}
    return value


def test_apply_waits_only_for_what_others_need():
    api = MemoryApi()
    outcome = api.apply(declared(shop()), wait=False)
    assert outcome.succeeded and outcome.states["campaigns.home"] == "started"
    assert outcome.states["datasetImportJobs.first"] == "ready"


def test_apply_with_wait_ends_when_everything_is_active():
    api = MemoryApi()
    outcome = api.apply(declared(trained_shop()), wait=True)
    assert outcome.succeeded and set(outcome.states.values()) == {"ready"}
    assert api.here.control.records.find_any(outcome.arns["campaigns.home"]).status == "ACTIVE"


def test_second_apply_changes_nothing():
    api = MemoryApi()
    api.apply(declared(trained_shop()))
    api.calls.clear()
    assert api.apply(declared(trained_shop())).succeeded
    assert set(api.changes) <= {"ListTagsForResource"}


@pytest.mark.parametrize("calls", range(0, 60, 3))
def test_interrupted_apply_goes_on_to_the_same_result(calls):
    class StoppedError(Exception):
        pass

    class Breaking(MemoryApi):
        left = calls

        def call(self, operation, request):
            answer = super().call(operation, request)
            if not self.left:
                raise StoppedError
            self.left -= 1
            return answer

    api = Breaking()
    with pytest.raises(StoppedError):
        api.apply(declared(trained_shop()))
        raise StoppedError
    api.left = 10_000
    assert api.apply(declared(trained_shop())).succeeded
    assert api.plan(declared(trained_shop())).is_empty


def test_failure_leaves_what_was_made_and_blocks_only_what_needs_it():
    api = MemoryApi()
    api.refusals["CreateSolution"] = ApiError("LimitExceededException", "There are too many solutions.")
    outcome = api.apply(declared(shop()))
    assert outcome.failures == {"solutions.for-you": "There are too many solutions. (LimitExceededException)"}
    assert outcome.states["campaigns.home"] == "not started" and outcome.states["filters.cheap"] == "ready"
    api.refusals.clear()
    assert api.apply(declared(shop()), wait=False).succeeded


def test_failed_import_runs_again_under_the_next_name():
    api = MemoryApi()
    failing = MemoryApi.sleep

    def fail(seconds):
        api.now += seconds
        for name, (workflow, request) in list(api.here.workflows.waiting.items()):
            if workflow == "import":
                del api.here.workflows.waiting[name]
                api.here._steps.begin(workflow, request, name)
                api.here._steps.fail(workflow, request, {}, {"Cause": "line 7 has no user"}, name)
        api.here.finish()

    api.sleep = fail  # type: ignore[method-assign]
    outcome = api.apply(declared(shop()))
    assert "line 7 has no user" in outcome.failures["datasetImportJobs.first"]
    assert outcome.states["solutions.for-you"] == "not started"
    api.sleep = lambda seconds: failing(api, seconds)  # type: ignore[method-assign]
    (step,) = [one for one in api.plan(declared(shop())).steps if one.type == "DatasetImportJob"]
    assert step.name == "first-2" and "line 7" in step.reasons[0]
    assert api.apply(declared(shop()), wait=False).succeeded and api.plan(declared(shop())).is_empty


def test_service_without_our_extension_waits_for_the_first_version():
    api = MemoryApi(awaits_versions=False)
    outcome, said = api.perform(api.plan(declared(trained_shop())))
    assert outcome.succeeded
    assert any("first solution version" in one.text for one in said)
    campaign = api.here.control.records.find_any(outcome.arns["campaigns.home"])
    assert campaign.status == "ACTIVE"


def test_time_limit_says_what_it_waited_for():
    api = MemoryApi()
    outcome = api.apply(declared(shop()), wait=True)  # nothing trains a first version
    assert "CREATE PENDING" in outcome.failures["campaigns.home"]


def test_batch_job_uses_the_latest_version():
    place = {"s3DataSource": {"path": "s3://data/users.json"}}
    job = {
        "solution": "for-you",
        "jobInput": place,
        "jobOutput": {"s3DataDestination": {"path": "s3://data/out/"}},
        "roleArn": "arn:aws:iam::123456789012:role/batch",
    }
    value = {**trained_shop(), "batchInferenceJobs": {"nightly": job}}
    api = MemoryApi()
    outcome = api.apply(declared(value))
    assert outcome.succeeded and api.plan(declared(value)).is_empty


def test_replacement_deletes_in_order_and_makes_again():
    api = MemoryApi()
    api.apply(declared(trained_shop()))
    value = trained_shop()
    value["schemas"]["events"]["schema"] = avro("Interactions", {"name": "DEVICE", "type": "string"})
    outcome = api.apply(declared(value))
    assert outcome.succeeded, outcome.failures
    assert api.plan(declared(value)).is_empty


def test_replaced_solution_is_trained_again():
    api = MemoryApi()
    api.apply(declared(trained_shop()))
    value = trained_shop()
    value["solutions"]["for-you"]["recipe"] = "aws-popularity-count"
    outcome = api.apply(declared(value))
    assert outcome.succeeded, outcome.failures
    assert api.plan(declared(value)).is_empty
    assert outcome.states["campaigns.home"] == "ready"


def test_destruction_leaves_nothing_and_can_be_repeated():
    api = MemoryApi()
    declaration = declared(trained_shop())
    api.apply(declaration)
    outcome, _ = api.perform(destruction(declaration, find(api, declaration)))
    assert outcome.succeeded, outcome.failures
    left = {record.resource_type for record in api.here.repository.records.values()}
    assert left <= {"DatasetImportJob", "SolutionVersion"}
    assert not destruction(declaration, find(api, declaration)).steps


def test_schema_that_is_used_elsewhere_is_named_and_the_rest_is_deleted():
    api = MemoryApi()
    declaration = declared(shop())
    outcome = api.apply(declaration, wait=False)
    other = api.call("CreateDatasetGroup", {"name": "other"})["datasetGroupArn"]
    schema = outcome.arns["schemas.events"]
    request = {"name": "x", "datasetType": "Interactions", "datasetGroupArn": other, "schemaArn": schema}
    api.call("CreateDataset", request)
    outcome, _ = api.perform(destruction(declaration, find(api, declaration)))
    assert list(outcome.failures) == ["schemas.events"] and "other" in outcome.failures["schemas.events"]


def test_resource_that_is_being_deleted_is_made_again_when_it_is_gone():
    api = MemoryApi()
    group = api.call("CreateDatasetGroup", {"name": "shop"})["datasetGroupArn"]
    api.call("DeleteDatasetGroup", {"datasetGroupArn": group})  # its workflow has not run yet
    outcome, said = api.perform(api.plan(declared({"datasetGroups": {"shop": None}})))
    assert outcome.succeeded and any("old one is deleted" in one.text for one in said)
    assert api.plan(declared({"datasetGroups": {"shop": None}})).is_empty


def blue_and_green(points_at):
    """A shop with a campaign for each of two solutions, and the alias that clients name."""
    value = trained_shop()
    value["solutions"]["popular"] = {"recipe": "aws-popularity-count"}
    value["solutionVersions"]["v2"] = {"solution": "popular"}
    value["campaigns"] = {
        "blue": {"solution": "for-you"},
        "green": {"solution": "popular"},
        "home": {"campaign": points_at},
    }
    return value


def test_alias_moves_in_place_to_another_campaign():
    api = MemoryApi()
    assert api.apply(declared(blue_and_green("blue"))).succeeded
    (step,) = api.plan(declared(blue_and_green("green"))).of("update")
    assert step.id == "campaigns.home"
    outcome = api.apply(declared(blue_and_green("green")))
    record = api.here.control.records.find_any(outcome.arns["campaigns.home"])
    assert record.body["aliasOf"] == outcome.arns["campaigns.green"]
    assert api.plan(declared(blue_and_green("green"))).is_empty


def test_alias_moves_when_the_new_campaign_is_active():
    api, before = MemoryApi(), blue_and_green("blue")
    del before["campaigns"]["green"], before["solutions"]["popular"], before["solutionVersions"]["v2"]
    assert api.apply(declared(before)).succeeded
    api.calls.clear()
    assert api.apply(declared(blue_and_green("green")), wait=False).succeeded
    assert api.calls.index("CreateCampaign") < api.calls.index("UpdateCampaign")


def test_alias_and_its_campaign_are_deleted_together():
    api, declaration = MemoryApi(), declared(blue_and_green("blue"))
    api.apply(declaration)
    outcome, _ = api.perform(destruction(declaration, find(api, declaration)))
    assert outcome.succeeded and not list(api.here.control.records.each("Campaign"))


def test_alias_of_a_campaign_elsewhere_is_found_again():
    api = MemoryApi()
    api.apply(declared(blue_and_green("blue")))
    elsewhere = api.call("ListCampaigns", {})["campaigns"]
    (blue,) = [one["campaignArn"] for one in elsewhere if one["name"] == "blue"]
    other = {"datasetGroups": {"second": None}, "campaigns": {"entry": {"campaign": blue}}}
    assert api.apply(declared(other)).succeeded
    assert api.plan(declared(other)).is_empty


def test_campaign_of_another_declaration_is_not_made_an_alias():
    api = MemoryApi()
    api.apply(declared(blue_and_green("blue")))
    elsewhere = api.call("ListCampaigns", {})["campaigns"]
    (blue,) = [one["campaignArn"] for one in elsewhere if one["name"] == "blue"]
    other = {"datasetGroups": {"second": None}, "campaigns": {"green": {"campaign": blue}}}
    assert "already exists" in api.apply(declared(other)).failures["campaigns.green"]

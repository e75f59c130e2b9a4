"""Batch jobs whose lists are served: what they are asked for, and the pointer to the newest whole ones."""

import pytest

from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import InvalidInput
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

DAY = 86_400
RECIPES = "arn:aws:personalize:::recipe/"


@pytest.fixture
def here():
    return world()


@pytest.fixture
def version(here):
    group_arn, _ = shop.shop(here)
    return shop.trained(here, shop.solution(here, group_arn))


def begin(here, arn, execution="e"):
    steps, request = WorkflowSteps(here.control), {"batchInferenceJobArn": arn}
    return steps, request, steps.begin("batch", request, execution)


def pointer(here, version):
    return here.control.records.find_any(version.rpartition("/")[0]).body.get("_lists")


def test_pointer_changes_when_the_job_succeeds(here, version):
    updated = here.control.records.find_any(version.rpartition("/")[0]).body["lastUpdatedDateTime"]
    arn = shop.served_job(here, version, numResults=10)
    steps, request, plan = begin(here, arn)
    created = int(here.control.records.find_any(arn).created_at)
    lists = plan["lists"]
    assert plan["served"] is True and lists["key"] == "userId"
    assert lists["version"] == f"{arn}#{created}" and lists["expiresAt"] == created + 7 * DAY
    assert pointer(here, version) is None
    for _ in range(2):
        steps.succeed("batch", request, plan, {})
    assert pointer(here, version) == {
        "version": lists["version"],
        "jobName": "nightly",
        "solutionVersionArn": version,
        "numResults": 10,
        "asOf": created,
        "expiresAt": lists["expiresAt"],
    }
    described = here.call("DescribeSolution", solutionArn=version.rpartition("/")[0])["solution"]
    assert described["lastUpdatedDateTime"] == updated


def test_failed_job_leaves_the_pointer(here, version):
    first = shop.served_job(here, version, "first")
    steps, request, plan = begin(here, first)
    steps.succeed("batch", request, plan, {})
    before = pointer(here, version)
    second = shop.served_job(here, version, "second")
    steps, request, plan = begin(here, second)
    steps.fail("batch", request, plan, {"Cause": "no"}, "e")
    assert pointer(here, version) == before


def test_older_job_does_not_replace_the_lists_of_a_newer_one(here, version):
    jobs = [shop.served_job(here, version, name) for name in ("slow", "quick")]
    plans = [begin(here, arn) for arn in jobs]
    for steps, request, plan in reversed(plans):
        steps.succeed("batch", request, plan, {})
    assert pointer(here, version)["jobName"] == "quick"


def test_job_without_the_tag_stores_no_lists(here, version):
    arn = shop.served_job(here, version, tags=[{"tagKey": "team", "tagValue": "films"}])
    here.call("TagResource", resourceArn=arn, tags=[{"tagKey": "tastemaker:serve-days", "tagValue": "7"}])
    steps, request, plan = begin(here, arn)
    assert plan["served"] is False
    steps.succeed("batch", request, plan, {})
    assert pointer(here, version) is None


@pytest.mark.parametrize("days", ["0", "91", "week", "1.5", "-1", ""])
def test_tag_must_be_a_number_of_days(here, version, days):
    with pytest.raises(InvalidInput, match="from 1 to 90"):
        shop.served_job(here, version, tags=[{"tagKey": "tastemaker:serve-days", "tagValue": days}])


def test_tag_is_refused_where_lists_cannot_be_served(here, version):
    group_arn = here.control.ports.scope.arn("dataset-group/films")
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'
    filter_arn = here.call("CreateFilter", name="f", datasetGroupArn=group_arn, filterExpression=expression)[
        "filterArn"
    ]
    with pytest.raises(InvalidInput, match="without a filter"):
        shop.served_job(here, version, filterArn=filter_arn)
    with pytest.raises(InvalidInput, match="at most 100"):
        shop.served_job(here, version, numResults=101)
    ranking = shop.solution(here, group_arn, "r", recipeArn=f"{RECIPES}aws-personalized-ranking-v2")
    with pytest.raises(InvalidInput, match="GetRecommendations only"):
        shop.served_job(here, shop.trained(here, ranking))


def test_data_deletion_covers_lists_about_users(here, version):
    """Those of users, of the group, and as long as their rows may still be there."""
    group_arn = here.control.ports.scope.arn("dataset-group/films")
    similar = shop.trained(
        here, shop.solution(here, group_arn, "similar", recipeArn=f"{RECIPES}aws-similar-items")
    )
    old, failed = (shop.served_job(here, version, name) for name in ("old", "failed"))
    items = shop.served_job(here, similar, "items")
    assert begin(here, items)[2]["lists"]["key"] == "itemId"
    steps, request, plan = begin(here, failed)
    steps.fail("batch", request, plan, {"Cause": "x"}, "e")

    def looked_at(name):
        source = {"dataLocation": "s3://in/gone.csv"}
        arn = here.call(
            "CreateDataDeletionJob",
            jobName=name,
            datasetGroupArn=group_arn,
            roleArn=shop.ROLE,
            dataSource=source,
        )["dataDeletionJobArn"]
        return WorkflowSteps(here.control).begin("data-deletion", {"dataDeletionJobArn": arn}, "e")["lists"]

    assert sorted(looked_at("now")) == sorted(
        begin(here, one, "again")[2]["lists"]["version"] for one in (old, failed)
    )
    here.clock.now += 15 * DAY
    assert looked_at("later") == []


def test_delete_solution_covers_the_lists_of_all_versions(here, version):
    solution_arn = version.rpartition("/")[0]
    arns = [
        shop.served_job(here, one, f"j{place}")
        for place, one in enumerate((version, shop.trained(here, solution_arn)))
    ]
    expected = []
    for arn in arns:
        steps, request, plan = begin(here, arn)
        steps.succeed("batch", request, plan, {})
        expected.append(plan["lists"]["version"])
    here.call("DeleteSolution", solutionArn=solution_arn)
    assert sorted(shop.finish_deletion(here, solution_arn)["recommendationsOf"]) == sorted(expected)

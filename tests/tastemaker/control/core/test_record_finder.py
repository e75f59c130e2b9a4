"""Records by ARN, with errors that say what the ARN should be."""

import pytest

from tastemaker.contracts import statuses
from tastemaker.errors import InvalidInput, ResourceInUse, ResourceNotFound
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import World, world


@pytest.fixture
def here() -> World:
    return world()


def test_arn_of_another_resource_type_is_named_with_an_example(here: World) -> None:
    arn = shop.schema(here)
    with pytest.raises(
        InvalidInput, match=r"is not the ARN of a dataset group; one looks like .*dataset-group/"
    ):
        here.control.records.find("DatasetGroup", arn)


def test_arn_of_a_solution_in_place_of_its_version_says_what_a_version_looks_like(here: World) -> None:
    group_arn, _ = shop.shop(here)
    solution = shop.solution(here, group_arn)
    for operation in ("CreateCampaign", "CreateBatchInferenceJob"):
        request = {"name": "home", "jobName": "home", "roleArn": shop.ROLE}
        source = {"s3DataSource": {"path": "s3://in/a.json"}}
        destination = {"s3DataDestination": {"path": "s3://out/"}}
        with pytest.raises(InvalidInput) as caught:
            here.call(
                operation, **request, solutionVersionArn=solution, jobInput=source, jobOutput=destination
            )
        assert "looks like" in str(caught.value) and ":solution/<name>/<id>" in str(caught.value)
        assert "CreateSolutionVersion returns it" in str(caught.value)


def test_arn_of_nothing_names_the_list_to_look_at(here: World) -> None:
    arn = shop.group(here)
    with pytest.raises(ResourceNotFound, match="ListDatasetGroups"):
        here.control.records.find("DatasetGroup", f"{arn}-2")
    assert here.control.records.get(f"{arn}-2") is None


def test_any_record_is_found_by_its_arn_alone(here: World) -> None:
    arn = shop.group(here)
    assert here.control.records.find_any(arn).resource_type == "DatasetGroup"
    with pytest.raises(InvalidInput, match="not the ARN of a resource"):
        here.control.records.find_any("arn:aws:personalize:eu-west-1:123456789012:thing/x")


def test_record_that_is_not_active_is_in_use(here: World) -> None:
    record = here.control.records.find_any(shop.group(here))
    here.control.writer.change(record, status=statuses.FAILED)
    with pytest.raises(ResourceInUse, match="has the status CREATE FAILED"):
        here.control.records.find_active("DatasetGroup", record.arn)


def test_each_reads_all_pages_newest_first(here: World) -> None:
    arns = []
    for number in range(120):
        here.clock.now += 1
        arns.append(shop.group(here, f"g{number}"))
    assert [one.arn for one in here.control.records.each("DatasetGroup")] == arns[::-1]
    assert [one.arn for one in here.control.records.each_current("DatasetGroup")] == arns[::-1]

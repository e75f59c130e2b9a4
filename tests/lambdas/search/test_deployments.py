"""Which model's items are searched in a dataset group."""

from typing import Any

import pytest

from lambdas.search.deployments import RecordedDeployments
from tastemaker.contracts.deployment import DEPLOYMENT
from tastemaker.control.core.records import Record
from tests.tastemaker.serving.films import GROUP, PREFIX, Cinema

OTHER = f"{PREFIX}dataset-group/books"


class Group:
    """Records of another dataset group, in the order of their creation."""

    def __init__(self, cinema: Cinema) -> None:
        self.cinema, self.now = cinema, 1000.0
        self.deployments = RecordedDeployments(cinema.repository, cinema.runtime, lambda: self.now)

    def add(self, resource_type: str, suffix: str, recipe: str, **body: Any) -> None:
        """A record that was created a second later than the one before."""
        self.now += 60
        about = {"recipeArn": f"arn:aws:personalize:::recipe/{recipe}", "datasetGroupArn": OTHER}
        deployment = {"solutionVersionArn": f"{PREFIX}solution/x/1", "bundle": "s3://lake/sequence/", **about}
        content = {
            "status": "ACTIVE",
            "_bundle": "s3://lake/sequence/",
            DEPLOYMENT: deployment,
            **about,
            **body,
        }
        self.cinema.repository.create(Record(PREFIX + suffix, resource_type, content, created_at=self.now))

    def searched(self) -> str | None:
        found = self.deployments.of_group("books")
        return None if found is None else found.arn.removeprefix(PREFIX)


@pytest.fixture
def group(cinema: Cinema) -> Group:
    return Group(cinema)


def test_group_without_a_model_has_nothing_to_search(group: Group) -> None:
    assert group.searched() is None
    group.add("SolutionVersion", "solution/x/1", "aws-similar-items", status="CREATE IN_PROGRESS")
    assert group.searched() is None


def test_campaign_that_ranks_is_preferred_to_newer_ones(group: Group) -> None:
    group.add("SolutionVersion", "solution/x/1", "aws-similar-items")
    assert group.searched() == "solution/x/1"
    group.add("Campaign", "campaign/ranks", "aws-personalized-ranking-v2")
    assert group.searched() == "campaign/ranks"
    group.add("Campaign", "campaign/newer", "aws-user-personalization-v2")
    group.add("Campaign", "campaign/failed", "aws-personalized-ranking-v2", status="CREATE FAILED")
    assert group.searched() == "campaign/ranks"
    group.add("Campaign", "campaign/newest", "aws-personalized-ranking-v2")
    assert group.searched() == "campaign/newest"


def test_models_of_actions_are_not_searched(group: Group) -> None:
    group.add("Campaign", "campaign/actions", "aws-next-best-action")
    assert group.searched() is None


def test_newest_version_with_text_vectors_is_found(group: Group) -> None:
    assert group.deployments.vectors_of_group("books") is None
    group.now += 10
    group.add("SolutionVersion", "solution/x/1", "aws-similar-items")
    group.add("SolutionVersion", "solution/s/1", "aws-semantic-similarity")
    group.add("SolutionVersion", "solution/s/2", "aws-semantic-similarity")
    group.add("SolutionVersion", "solution/s/3", "aws-semantic-similarity", status="CREATE IN_PROGRESS")
    found = group.deployments.vectors_of_group("books")
    assert found is not None and found.solution_version_arn == f"{PREFIX}solution/s/2"
    assert group.deployments.vectors_of_group("films") is None


def test_groups_are_listed_by_name(group: Group) -> None:
    for name, arn in (("films", GROUP), ("books", OTHER)):
        group.cinema.repository.create(Record(arn, "DatasetGroup", {"name": name}))
    assert group.deployments.groups() == ["books", "films"]

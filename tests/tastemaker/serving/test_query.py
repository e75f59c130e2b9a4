"""A query reads only what its request needs."""

import pytest

from tastemaker.serving.query import Query
from tests.tastemaker.serving.films import Cinema


@pytest.fixture
def endpoint(cinema: Cinema):
    arn = cinema.deploy("home", "aws-user-personalization", "sequence")
    return cinema.runtime.endpoint({"campaignArn": arn})


def test_unknown_user_and_item_have_no_position(cinema: Cinema, endpoint) -> None:
    assert Query(cinema.runtime, endpoint, "nobody").user_index == -1
    query = Query(cinema.runtime, endpoint)
    assert (query.user_index, query.item_index) == (-1, -1)


def test_streamed_events_are_part_of_the_past(cinema: Cinema, endpoint) -> None:
    before = len(Query(cinema.runtime, endpoint, "ann").past.history)
    cinema.saw("ann", "emma")
    assert len(Query(cinema.runtime, endpoint, "ann").past.history) == before + 1


def test_query_without_a_user_has_an_empty_past(cinema: Cinema, endpoint) -> None:
    assert len(Query(cinema.runtime, endpoint).past.history) == 0

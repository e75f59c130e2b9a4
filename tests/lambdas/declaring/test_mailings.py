from typing import Any

import pytest

from infrastructure.workflows.mailing import HOURS
from lambdas.declaring.mailings import LONGEST_PAUSE_SECONDS, mail
from tastemaker.errors import InvalidInput
from tests.tastemaker.declaration.mailings import AT, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


def event(job: str, request: dict[str, Any]) -> dict[str, Any]:
    return {"action": "mail", "job": job, "input": request, "startedAt": AT}


def test_workflow_waits_between_two_looks_at_a_job(shop: Shop) -> None:
    request = shop.request()
    assert mail(shop.here.lifecycle, event("check", request)) == {"segment": True}
    waiting = mail(shop.here.lifecycle, event("segment", request))
    assert not waiting["done"] and waiting["seconds"] == LONGEST_PAUSE_SECONDS
    shop.here.finish()
    assert mail(shop.here.lifecycle, event("segment", request))["done"]


def test_history_of_the_longest_mailing_is_below_the_limit_of_step_functions() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: 25,000 events."""
    events_of_a_look = 9  # a task has 5, the choice and the wait 2 each
    assert HOURS * 3600 / LONGEST_PAUSE_SECONDS * events_of_a_look < 25_000


def test_mailing_without_a_segment_says_so(shop: Shop) -> None:
    request = shop.request(segment=None, users="s3://shop/users.json")
    assert mail(shop.here.lifecycle, event("check", request)) == {"segment": False}


def test_wrong_input_names_the_member(shop: Shop) -> None:
    with pytest.raises(InvalidInput, match="roleArn"):
        mail(shop.here.lifecycle, event("check", shop.request(roleArn=None)))

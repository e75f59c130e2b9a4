from typing import Any

import pytest

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


def test_mailing_without_a_segment_says_so(shop: Shop) -> None:
    request = shop.request(segment=None, users="s3://shop/users.json")
    assert mail(shop.here.lifecycle, event("check", request)) == {"segment": False}


def test_wrong_input_names_the_member(shop: Shop) -> None:
    with pytest.raises(InvalidInput, match="roleArn"):
        mail(shop.here.lifecycle, event("check", shop.request(roleArn=None)))

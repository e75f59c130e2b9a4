"""Plans of any size pass through Step Functions."""

import json
from typing import Any

import pytest

from lambdas.stores.lake import LakeBucket
from lambdas.stores.plans import by_reference, resolved
from tests.lambdas.aws import LAKE

STATE_BYTES = 256 << 10
"""https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:tastemaker-dev-export:films-1"


@pytest.fixture
def lake(lake_client: Any) -> LakeBucket:
    return LakeBucket(lake_client, LAKE)


def test_plan_with_five_thousand_imports_fits_into_a_state(lake: LakeBucket) -> None:
    imports = [{"prefix": f"groups/films/datasets/INTERACTIONS/job-{n:05}/", "at": 1.5} for n in range(5000)]
    plan: dict[str, Any] = {
        "arn": "a",
        "imports": imports,
        "events": "groups/films/events/",
        "kmsKeyArn": None,
    }
    assert len(json.dumps(plan)) > STATE_BYTES
    sent = by_reference(lake, plan, EXECUTION)
    assert len(json.dumps(sent)) < 1024
    assert {name: sent[name] for name in ("arn", "events", "kmsKeyArn")} == {
        name: plan[name] for name in ("arn", "events", "kmsKeyArn")
    }
    assert resolved(lake, sent) == plan
    assert by_reference(lake, plan, EXECUTION) == sent  # a repeated step


def test_small_plan_has_no_references(lake: LakeBucket) -> None:
    plan = {"arn": "a", "warm": {"campaignArn": "c"}, "prefixes": ["x/"], "done": True}
    assert by_reference(lake, plan, EXECUTION) == resolved(lake, plan) == plan
    assert list(lake.objects("")) == []

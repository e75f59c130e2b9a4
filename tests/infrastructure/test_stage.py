"""Settings of stages: what is there is usable, what is not known is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infrastructure.stage import CDK_JSON, StageError, load, parse


@pytest.mark.parametrize("name", json.loads(CDK_JSON.read_text())["context"]["stages"])
def test_the_stages_of_the_app_load(name: str) -> None:
    assert load(name).stack_name == f"tastemaker-{name}"


def test_only_what_differs_is_written_down() -> None:
    stage = parse("test", {"training": {"maxRuntimeMinutes": 10}})
    assert (stage.training.max_runtime_minutes, stage.training.spot, stage.bundle) == (10, True, True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trainig": {}}, "trainig is not a setting; is training meant"),
        ({"training": {"spots": True}}, "training.spots is not a setting; is spot meant"),
        ({"bundle": 1}, "bundle takes a value of type bool"),
        ({"logRetentionDays": True}, "logRetentionDays takes a value of type int"),
        ({"logRetentionDays": 31}, "logRetentionDays must be one of"),
        ({"events": {"batchSize": 0}}, "events.batchSize must lie between 1 and 10000"),
        ({"training": 3}, "training takes an object"),
        ({"name": "other"}, "name is not a setting"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(StageError, match=message):
        parse("test", settings)


def test_an_unknown_stage_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(StageError, match=r"no stage 'qa' .* choose one of dev, local, prod"):
        load("qa")

"""Reading settings: unknown keys and invalid values are errors that name the setting."""

from __future__ import annotations

from typing import Any

import pytest

from infrastructure.settings.declaration import StageError
from infrastructure.settings.reading import list_settings
from infrastructure.stage import Stage, parse


def test_settings_that_are_not_given_have_their_defaults() -> None:
    stage = parse("test", {"training": {"maxRuntimeMinutes": 10}})
    assert (stage.training.max_runtime_minutes, stage.training.spot, stage.bundle) == (10, True, True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trainig": {}}, "trainig is not a setting. Did you mean training"),
        ({"training": {"spots": True}}, "training.spots is not a setting. Did you mean spot"),
        ({"bundle": 1}, "bundle must be a value of type bool"),
        ({"logRetentionDays": True}, "logRetentionDays must be a value of type int"),
        ({"logRetentionDays": 31}, "logRetentionDays must be one of"),
        ({"events": {"batchSize": 0}}, "events.batchSize must be between 1 and 10000"),
        ({"training": 3}, "training must be an object"),
        ({"quotas": []}, "quotas must be a value of type dict"),
        ({"name": "other"}, "name is not a setting"),
    ],
)
def test_invalid_setting_is_refused_by_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(StageError, match=message):
        parse("test", settings)


def test_every_setting_has_an_explanation() -> None:
    assert all(len(explanation) > 15 for _, _, explanation in list_settings(Stage))

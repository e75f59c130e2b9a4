import pytest

from lambdas.support.settings import MissingSettingError, Settings


def test_values_have_their_types():
    settings = Settings(
        {
            "TASTEMAKER_RESOURCES_TABLE": "resources",
            "TASTEMAKER_QUOTAS": '{"datasetGroups": 5}',
            "TASTEMAKER_AUTO_TRAINING_DELAY_MINUTES": "3",
            "TASTEMAKER_DATA_BUCKETS": '["a", "b"]',
        }
    )
    assert settings.resources_table == "resources"
    assert settings.quotas == {"datasetGroups": 5}
    assert settings.auto_training_delay_minutes == 3
    assert settings.data_buckets == ["a", "b"]


def test_defaults():
    settings = Settings({})
    assert settings.quotas == {} and settings.data_buckets == [] and settings.event_bus is None
    assert settings.auto_training_delay_minutes == 60


def test_missing_setting_is_named():
    with pytest.raises(MissingSettingError, match="TASTEMAKER_LAKE_BUCKET"):
        _ = Settings({}).lake_bucket


@pytest.mark.parametrize("text", ["{", "[]", "5"])
def test_unreadable_setting_is_named(text):
    with pytest.raises(MissingSettingError, match="TASTEMAKER_QUOTAS"):
        _ = Settings({"TASTEMAKER_QUOTAS": text}).quotas

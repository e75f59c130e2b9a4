import json

import pytest

from tastemaker.contracts.training_config import FORMAT_VERSION, TrainingConfig, from_json, to_json


def test_configuration_is_read_as_it_was_written() -> None:
    config: TrainingConfig = {
        "formatVersion": FORMAT_VERSION,
        "recipe": "r",
        "datasets": {},
        "events": ["é/"],
    }
    assert from_json(to_json(config)) == config == from_json(to_json(config).encode())


def test_file_that_is_not_json_is_an_error_of_json() -> None:
    with pytest.raises(json.JSONDecodeError):
        from_json("{")

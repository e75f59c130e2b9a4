"""A configuration that cannot be read says what is wrong with it."""

import json
from pathlib import Path

import pytest

from tastemaker.contracts.training_config import FORMAT_VERSION
from tests.standard_schemas import ITEM_ID, TIMESTAMP, USER_ID, record
from training.config_reader import parse_config, read_config
from training.errors import BadConfigError

INTERACTIONS = {
    "schema": record("Interactions", [USER_ID, ITEM_ID, TIMESTAMP]),
    "prefixes": ["groups/films/a/"],
}
CONFIG = {
    "formatVersion": FORMAT_VERSION,
    "recipe": "arn:aws:personalize:::recipe/aws-sims",
    "datasets": {"Interactions": INTERACTIONS},
}


def test_recipe_and_datasets_are_read_whatever_their_spelling() -> None:
    config = parse_config(CONFIG)
    assert config.recipe == "aws-sims"
    assert config.datasets["INTERACTIONS"].prefixes == ("groups/films/a/",)
    assert list(config.datasets["INTERACTIONS"].column_types()) == ["USER_ID", "ITEM_ID", "TIMESTAMP"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"formatVersion": 99}, f"format version 99.*reads {FORMAT_VERSION}"),
        ({"datasets": {}}, "names no Interactions dataset"),
    ],
)
def test_configuration_of_another_form_is_refused(change: dict, said: str) -> None:
    with pytest.raises(BadConfigError, match=said):
        parse_config({**CONFIG, **change})


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with pytest.raises(BadConfigError, match="There is no configuration at"):
        read_config(path)
    path.write_text("{")
    with pytest.raises(BadConfigError, match="is not JSON"):
        read_config(path)
    path.write_text(json.dumps(CONFIG))
    assert read_config(path).recipe == "aws-sims"

"""Values of hyperparameters, and what a solution gives itself."""

import pytest

from training.config import Config, Search
from training.errors import BadConfigError

CONFIG = Config("r", {}, hyperparameters={"width": "64", "deep": "True", "odd": "x"}, given={"width": "64"})


def test_hyperparameters_have_types_and_defaults() -> None:
    assert (CONFIG.number("width", 1), CONFIG.number("missing", 1.5)) == (64.0, 1.5)
    assert CONFIG.flag("deep", False) and CONFIG.flag("missing", True) and not CONFIG.flag("odd", True)
    with pytest.raises(BadConfigError, match="odd must be a number, not 'x'"):
        CONFIG.number("odd", 1)


def test_chosen_hyperparameters_count_as_given() -> None:
    chosen = CONFIG.with_hyperparameters({"width": "32"})
    assert (chosen.number("width", 1), chosen.given) == (32.0, {"width": "32"})
    assert CONFIG.number("width", 1) == 64.0


def test_search_without_ranges_is_false() -> None:
    assert not Search() and Search(choices={"a": ("x",)}).names == ["a"]


def test_budget_of_the_job_is_that_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config("aws-user-personalization-v2", {})
    assert config.budget_seconds == 8 * 3600
    monkeypatch.setenv("TRAINING_BUDGET_SECONDS", "4800")
    assert config.budget_seconds == 4800
    assert config.with_hyperparameters({"trainingBudgetSeconds": "60"}).budget_seconds == 60


@pytest.mark.parametrize("text", ["-1", "1.5", "nan", "inf", "two"])
def test_count_must_be_a_whole_number(text: str) -> None:
    config = Config("aws-user-personalization-v2", {}).with_hyperparameters({"trainingNetworks": text})
    with pytest.raises(BadConfigError, match="trainingNetworks must be a"):
        config.count("trainingNetworks")

"""The search among hyperparameters: within its ranges, trials and time, and the same after a restart."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tastemaker.models import Bundle
from tests.training import lake
from training.config import Search
from training.config_reader import parse_config, read_config
from training.data.prepare import prepare
from training.distributed.process_group import ProcessGroup
from training.errors import StoppedError
from training.job import fit_and_export
from training.progress import StopSignal
from training.tuning import search

SPACE = Search({"width": (32, 256)}, {"discount": (0.0, 1.0)}, {"mask": ("true", "false")}, 8, named=True)
DEFAULTS = {"width": "149", "discount": "0.5", "mask": "true"}


def hill(values: Mapping[str, str], number: int = 0) -> float:
    """An objective that is highest at width 100, discount 0.2 and mask false."""
    far = abs(int(values["width"]) - 100) / 100 + abs(float(values["discount"]) - 0.2)
    return 1.0 - far - (values["mask"] == "true")


def run_search(space: Search, journal: Path | None = None, **more) -> tuple[int, search.Trial]:
    return search.run(
        space, DEFAULTS, more.pop("objective", hill), seconds=600.0, seed=3, journal=journal, **more
    )


def test_best_trial_is_found_within_the_ranges(tmp_path: Path) -> None:
    number, best = run_search(SPACE, tmp_path / "tuning.json")
    trials = json.loads((tmp_path / "tuning.json").read_text())["trials"]
    assert len(trials) == 8
    assert trials[0]["values"] == DEFAULTS
    assert all(32 <= int(one["values"]["width"]) <= 256 for one in trials)
    assert best.reached == max(one["reached"] for one in trials) == trials[number]["reached"] > hill(DEFAULTS)


def test_defaults_are_moved_into_the_named_ranges() -> None:
    space = Search({"width": (32, 64)}, choices={"mask": ("false",)}, trials=1, named=True)
    assert run_search(space, objective=lambda values, number: 0.0)[1].values == {
        "width": "64",
        "mask": "false",
    }


def test_search_without_named_ranges_is_never_worse_than_no_tuning() -> None:
    untuned = Search({"width": (32, 256)}, trials=4)
    number, best = run_search(untuned, objective=lambda values, number: float(not values))
    assert (number, best.values) == (0, {})


def test_killed_search_continues_with_the_same_trials(tmp_path: Path) -> None:
    class KilledError(Exception):
        pass

    def dies(values: Mapping[str, str], number: int) -> float:
        if number == 5:
            raise KilledError
        return hill(values)

    whole = run_search(SPACE, tmp_path / "whole.json")
    with pytest.raises(KilledError):
        run_search(SPACE, tmp_path / "two.json", objective=dies)
    asked: list[int] = []

    def again(values: Mapping[str, str], number: int) -> float:
        asked.append(number)
        return hill(values)

    assert run_search(SPACE, tmp_path / "two.json", objective=again) == whole
    assert min(asked) == 5
    assert (tmp_path / "two.json").read_text() == (tmp_path / "whole.json").read_text()


def test_journal_of_another_search_is_not_read(tmp_path: Path) -> None:
    run_search(SPACE, tmp_path / "tuning.json")
    other = Search({"width": (32, 64)}, trials=1, named=True)
    assert run_search(other, tmp_path / "tuning.json", objective=lambda *_: 0.0)[1].values == {"width": "64"}


def test_search_starts_no_trial_that_exceeds_the_time() -> None:
    made: list[int] = []

    def counted(values: Mapping[str, str], number: int) -> float:
        made.append(number)
        return 0.0

    search.run(SPACE, DEFAULTS, counted, seconds=0.0, seed=3)
    assert made == [0]


class Talk(ProcessGroup):
    """One of two processes, in a run of its own: the leader notes what it says, and the other hears it."""

    def __init__(self, rank: int, told: list[Any]) -> None:
        super().__init__(rank, 2)
        self.told = told

    def agreed(self, own: Any) -> Any:
        if self.rank:
            return self.told.pop(0)
        self.told.append(own if not isinstance(own, list) else list(own))
        return own


def test_process_that_measures_something_else_takes_the_trials_of_the_leader() -> None:
    told: list[Any] = []
    led = run_search(SPACE, group=Talk(0, told))
    tried: list[Mapping[str, str]] = []

    def other(values: Mapping[str, str], number: int) -> float:
        tried.append(values)
        return -hill(values)

    assert run_search(SPACE, objective=other, group=Talk(1, told)) == led
    assert led[1].values in tried and not told


def test_stopped_job_starts_no_trial() -> None:
    stop = StopSignal()
    stop.requested = True
    with pytest.raises(StoppedError):
        run_search(SPACE, stop=stop)


def document(recipe: str, **more) -> dict:
    interactions = {"INTERACTIONS": {"schema": {"fields": []}}}
    return {"formatVersion": 1, "recipe": recipe, "datasets": interactions, "performHPO": True} | more


RANGES = {
    "integerHyperParameterRanges": [{"name": "hidden_dimension", "minValue": 32, "maxValue": 48}],
    "continuousHyperParameterRanges": [],
    "categoricalHyperParameterRanges": [{"name": "recency_mask", "values": ["false"]}],
}
HPO = {"algorithmHyperParameterRanges": RANGES, "hpoResourceConfig": {"maxNumberOfTrainingJobs": "2"}}


def test_only_ranges_that_the_solution_names_are_searched() -> None:
    found = parse_config(document("aws-user-personalization", solutionConfig={"hpoConfig": HPO})).search
    assert found == Search(
        {"hidden_dimension": (32, 48)}, choices={"recency_mask": ("false",)}, trials=2, named=True
    )


def test_search_without_ranges_varies_all_tunable_hyperparameters() -> None:
    found = parse_config(document("aws-sims")).search
    assert found == Search(
        {"min_cointeraction_count": (0, 10)}, {"popularity_discount_factor": (0.0, 1.0)}, trials=10
    )


@pytest.mark.parametrize("recipe", ["aws-popularity-count", "aws-user-personalization-v2"])
def test_recipe_without_tunable_hyperparameters_searches_nothing(recipe: str) -> None:
    assert not parse_config(document(recipe)).search


def trained(root: Path, recipe: str, **config) -> Bundle:
    read = read_config(lake.build(root, recipe=recipe, performHPO=True, **config))
    fit_and_export(
        read, prepare(read, root), root / "model", checkpoints=root / "checkpoints", stop=StopSignal()
    )
    return Bundle.open(root / "model")


def test_tuned_version_is_fitted_with_and_reports_the_best_values(tmp_path: Path) -> None:
    hyperparameters = {"trainingPasses": "1", "hidden_dimension": "149", "bptt": "32", "recency_mask": "true"}
    bundle = trained(
        tmp_path,
        "aws-user-personalization",
        hyperParameters=hyperparameters,
        solutionConfig={"hpoConfig": HPO},
    )
    tuned = bundle.manifest["tunedHyperParameters"]
    assert set(tuned) == {"hidden_dimension", "recency_mask"} and tuned["recency_mask"] == "false"
    assert bundle.manifest["model"]["encoder"]["width"] in (32, 48)
    assert int(tuned["hidden_dimension"]) <= bundle.manifest["model"]["encoder"]["width"]
    assert bundle.popularity.tolist() == bundle.item_users.tolist()
    kept = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    assert "tuning.json" in kept and len(kept) == 2  # of the trials only the best one's checkpoint


def test_sims_is_tuned_by_the_predictions_of_its_lists(tmp_path: Path) -> None:
    bundle = trained(tmp_path, "aws-sims", hyperParameters={}, solutionConfig={})
    trials = json.loads((tmp_path / "checkpoints/tuning.json").read_text())["trials"]
    best = max(trials, key=lambda one: one["reached"])
    assert len(trials) == 10
    tuned = bundle.manifest["tunedHyperParameters"]
    assert best["values"].items() <= tuned.items()
    assert set(tuned) == {"min_cointeraction_count", "popularity_discount_factor"}

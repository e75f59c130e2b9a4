"""Hyperparameters and percentiles reach training."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tastemaker.models import Bundle
from tastemaker.models.popularity import PopularityModel
from training.config import Config
from training.config_reader import parse_config
from training.data.prepared import Prepared, Sequences
from training.errors import BadConfigError
from training.output.bundle_writer import Fitted, export
from training.pipelines.sequence import SequencePipeline
from training.progress import StopSignal
from training.tuning import settings

RECIPE = "aws-user-personalization"
DEFAULTS = {"hidden_dimension": "149", "bptt": "32"}
LOWEST, HIGHEST = "min_user_history_length_percentile", "max_user_history_length_percentile"


def config(recipe: str = RECIPE, **hyperparameters: str) -> Config:
    return Config(recipe, {}, hyperparameters=DEFAULTS | hyperparameters, given=hyperparameters)


def kept(sequences: Sequences, **percentiles: str) -> list[int]:
    return settings.filter_by_history_length(
        replace(config(), featurization=percentiles), sequences
    ).lengths.tolist()


@pytest.fixture
def uneven(shop: Prepared) -> Sequences:
    """Ten users with 1 to 10 events, the rest with none."""
    ends = np.zeros(shop.sequences.users, np.int64)
    ends[:10] = np.arange(1, 11)
    return shop.sequences.truncated(ends)


def plan(one: Config):
    return SequencePipeline(one, None, StopSignal()).plan(one, 60.0)


def test_hidden_dimension_sets_the_width_and_bptt_the_window() -> None:
    made = plan(config(hidden_dimension="50", bptt="8"))
    assert (made.width, made.window) == (64, 8)


def test_given_value_counts_even_if_it_is_the_default() -> None:
    made = plan(config(hidden_dimension="149", bptt="32"))
    assert (made.width, made.window) == (160, 32)


def test_default_hyperparameters_leave_sizes_to_the_data() -> None:
    made = plan(config())
    assert (made.width, made.window) == (0, 100)


def test_given_values_are_distinct_from_recipe_defaults() -> None:
    document = {
        "formatVersion": 1,
        "recipe": RECIPE,
        "datasets": {"INTERACTIONS": {"schema": {"fields": []}}},
        "hyperParameters": DEFAULTS,
        "solutionConfig": {"algorithmHyperParameters": {"bptt": "32"}},
    }
    made = plan(parse_config(document))
    assert (made.width, made.window) == (0, 32)


@pytest.mark.parametrize("name", ["recency_mask", "apply_recency_bias"])
def test_popularity_without_recency_counts_all_users_alike(shop: Prepared, tmp_path: Path, name: str) -> None:
    export(Fitted(PopularityModel), shop, config(**{name: "false"}), tmp_path / "flat")
    export(Fitted(PopularityModel), shop, config(**{name: "true"}), tmp_path / "recent")
    flat, recent = Bundle.open(tmp_path / "flat"), Bundle.open(tmp_path / "recent")
    assert flat.popularity.tolist() == flat.item_users.tolist()
    assert recent.popularity.sum() < 0.9 * flat.popularity.sum()


def test_given_percentiles_exclude_items_and_defaults_do_not(uneven: Sequences) -> None:
    counts = np.bincount(uneven.items)
    given = {"max_item_interaction_count_percentile": "0.5"}
    kept_counts = np.bincount(
        settings.filter_by_interaction_count(replace(config(), given=given), uneven).items
    )
    assert kept_counts.max() < counts.max()
    assert (
        kept_counts[kept_counts > 0].tolist() == counts[(counts > 0) & (counts <= kept_counts.max())].tolist()
    )
    assert settings.filter_by_interaction_count(replace(config(), featurization=given), uneven) is uneven


def test_users_outside_the_percentiles_keep_their_position(uneven: Sequences) -> None:
    left = kept(uneven, **{LOWEST: "0.25", HIGHEST: "0.75"})
    assert left[:10] == [0, 0, 3, 4, 5, 6, 7, 8, 0, 0]
    assert len(left) == uneven.users


def test_default_percentiles_keep_all_users_of_small_data(uneven: Sequences) -> None:
    assert kept(uneven, **{LOWEST: "0.005", HIGHEST: "0.99"}) == uneven.lengths.tolist()


@pytest.mark.parametrize("low, high", [("0.9", "0.1"), ("-1", "1"), ("few", "1")])
def test_invalid_percentiles_are_refused(uneven: Sequences, low: str, high: str) -> None:
    with pytest.raises(BadConfigError, match="percentile"):
        kept(uneven, **{LOWEST: low, HIGHEST: high})

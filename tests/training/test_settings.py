"""Hyperparameters and percentiles reach training."""

from dataclasses import replace

import numpy as np
import pytest

from training import settings
from training.config import Config
from training.data import Prepared, Sequences
from training.errors import BadConfigError
from training.progress import Stop
from training.recipes import SequencePipeline

RECIPE = "aws-user-personalization"
LOWEST, HIGHEST = "min_user_history_length_percentile", "max_user_history_length_percentile"


def config(recipe: str = RECIPE, **hyperparameters: str) -> Config:
    return Config(recipe, {}, hyperparameters=hyperparameters)


def kept(sequences: Sequences, **percentiles: str) -> list[int]:
    return settings.usual_users(replace(config(), featurization=percentiles), sequences).lengths.tolist()


@pytest.fixture
def uneven(shop: Prepared) -> Sequences:
    """Ten users with 1 to 10 events, the rest with none."""
    ends = np.zeros(shop.sequences.users, np.int64)
    ends[:10] = np.arange(1, 11)
    return shop.sequences.truncated(ends)


def test_a_hidden_dimension_is_the_width_and_bptt_the_window() -> None:
    plan = SequencePipeline(config(hidden_dimension="50", bptt="8"), None, Stop()).plan
    assert (plan.width, plan.window) == (64, 8)


def test_defaults_of_the_service_leave_the_sizes_to_the_data() -> None:
    plan = SequencePipeline(config(hidden_dimension="149", bptt="32"), None, Stop()).plan
    assert (plan.width, plan.window) == (0, 100)


def test_users_beyond_the_percentiles_are_left_out_but_keep_their_place(uneven: Sequences) -> None:
    left = kept(uneven, **{LOWEST: "0.25", HIGHEST: "0.75"})
    assert left[:10] == [0, 0, 3, 4, 5, 6, 7, 8, 0, 0]
    assert len(left) == uneven.users


def test_a_handful_of_users_never_loses_one_to_the_defaults(uneven: Sequences) -> None:
    assert kept(uneven, **{LOWEST: "0.005", HIGHEST: "0.99"}) == uneven.lengths.tolist()


@pytest.mark.parametrize("low, high", [("0.9", "0.1"), ("-1", "1"), ("few", "1")])
def test_percentiles_that_make_no_sense_are_refused(uneven: Sequences, low: str, high: str) -> None:
    with pytest.raises(BadConfigError, match="percentile"):
        kept(uneven, **{LOWEST: low, HIGHEST: high})

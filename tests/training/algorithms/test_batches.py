"""Histories are cut into windows, and windows into batches."""

import numpy as np
import pytest
import torch

from training.algorithms import batches
from training.data.prepared import Prepared


@pytest.mark.parametrize("window", [4, 7, 100])
def test_windows_make_every_event_a_target_once(shop: Prepared, window: int) -> None:
    sequences = shop.sequences
    windows = batches.cut(sequences, window, np.random.default_rng(0))
    targets = np.zeros(len(sequences.items), int)
    for user, start, length in zip(windows.users, windows.starts, windows.lengths, strict=True):
        first = 0 if start == sequences.offsets[user] else 1
        targets[start + first : start + length] += 1
        assert start + length <= sequences.offsets[user + 1] and length <= window + 1
    assert (targets == 1).all()


def test_process_without_events_has_no_batches(shop: Prepared) -> None:
    nothing = shop.sequences.keep(np.zeros(len(shop.sequences.items), bool))
    assert len(batches.Epoch(nothing, 7, 0, 0, torch.device("cpu"))) == 0


def test_batches_weight_every_event_once(shop: Prepared) -> None:
    total = sum(
        float(batch.weight.sum()) for batch in batches.Epoch(shop.sequences, 7, 0, 0, torch.device("cpu"))
    )
    assert total == pytest.approx(len(shop.sequences.items))

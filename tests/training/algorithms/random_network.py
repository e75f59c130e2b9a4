"""A network with random weights, for tests that compare two computations of it."""

import numpy as np
import torch

from tastemaker.models.features import FeatureRows
from training.algorithms import network
from training.data.prepared import Sequences

ITEMS, USERS, FEATURES = 50, 4, 6


def rows(count: int, size: int, rng: np.random.Generator) -> FeatureRows:
    """One or two codes for each row, the first row having none."""
    lengths = np.concatenate([[0], rng.integers(1, 3, count - 1)])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    weights = np.repeat(1 / np.maximum(lengths, 1), lengths).astype(np.float32)
    return FeatureRows(offsets, rng.integers(0, size, int(offsets[-1])).astype(np.int32), weights)


def made(lengths: list[int], window: int, seed: int = 0) -> tuple[network.Network, Sequences]:
    """A network with large random weights of this seed, and random histories."""
    rng = np.random.default_rng(0)
    torch.manual_seed(seed)
    shape = network.Shape(ITEMS, FEATURES, FEATURES, 0, types=3, width=32, layers=3, heads=4, window=window)
    net = network.Network(shape, rows(ITEMS, FEATURES, rng), rows(USERS, FEATURES, rng)).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    count = int(offsets[-1])
    times = np.concatenate([np.cumsum(rng.integers(0, 10**5, n)) for n in lengths]).astype(np.int64)
    return net, Sequences(
        offsets,
        rng.integers(0, ITEMS, count).astype(np.int32),
        times,
        rng.integers(-1, 3, count).astype(np.int16),
        np.ones(count, np.float32),
        np.zeros((count, 0), np.int32),
    )

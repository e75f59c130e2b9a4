"""Histories → windows → batches of windows of like length.

One pass over a window trains all its positions. A window is a run of events of one user; the first event is
only read as a target if the window begins where the history begins, else it stands at the end of the window
before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from training.algorithms.network import Batch
from training.data.prepared import Sequences

TOKENS = 256, 2048
"""Tokens of a batch, padding included: the least and the most."""

UPDATES = 200
"""Batches that one pass over little data is cut into."""

SHARED_UPDATES = 2000
"""Where several processes read, as many steps are in one pass at least, unless one process would make fewer:
the batches that make up a step are small before there are too few steps.
"""


@dataclass(frozen=True)
class Windows:
    """Each window: its user, its first event and how many events it takes part in."""

    users: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]


def cut(sequences: Sequences, window: int, rng: np.random.Generator) -> Windows:
    """Windows that cover every history, each event being a target once.

    A window of `n` events has `n` tokens (the start and all events but the last) and `n` targets, `n` ≤
    window + 1. Long histories are cut from their newest event backwards, at lengths that change from user to
    user and epoch to epoch, so that an event is not always at the same distance from where its window begins.
    """
    lengths = sequences.lengths
    users = np.flatnonzero(lengths > 0)
    end = lengths[users]
    found: list[tuple[NDArray, NDArray, NDArray]] = []
    while len(users):
        reach = rng.integers(max(3 * window // 4, 1), window + 1, len(users))
        start = np.maximum(end - reach - 1, 0)
        start[end <= window + 1] = 0
        found.append((users, start, end - start))
        more = start > 0
        users, end = users[more], start[more] + 1
    users, starts, sizes = (np.concatenate(part) for part in zip(*found, strict=True))
    return Windows(users, sequences.offsets[users] + starts, sizes)


def tokens(events: int, processes: int = 1) -> int:
    """Tokens of a process's batch: little data is read in small batches, or there would be too few updates.

    The processes' batches make up one step, which is as large as that of one process would be until there are
    plenty.
    """
    least, most = TOKENS
    step = max(int(np.clip(events // UPDATES, least, most)), min(processes * most, events // SHARED_UPDATES))
    return step // processes


def plan(windows: Windows, rng: np.random.Generator, most: int) -> list[NDArray[np.int64]]:
    """Groups of windows of about equal length, in random order."""
    order = np.argsort(windows.lengths * (1 + 0.1 * rng.random(len(windows.lengths))), kind="stable")
    groups: list[NDArray[np.int64]] = []
    begin, longest = 0, 0
    for place, length in enumerate(windows.lengths[order].tolist()):
        longest = max(longest, length)
        if place > begin and longest * (place - begin + 1) > most:
            groups.append(order[begin:place])
            begin, longest = place, length
    if begin < len(order):
        groups.append(order[begin:])
    rng.shuffle(groups)
    return groups


def collate(sequences: Sequences, windows: Windows, group: NDArray[np.int64], device: torch.device) -> Batch:
    """The batch of some windows."""
    users, starts, lengths = windows.users[group], windows.starts[group], windows.lengths[group]
    n = int(lengths.max())
    steps = np.arange(n)
    inside = steps < lengths[:, None]
    target = np.minimum(
        starts[:, None] + steps, len(sequences.items) - 1
    )  # the event that each token predicts
    token = np.maximum(target - 1, 0)  # the event that each token stands for; of the start token none
    first = starts == sequences.offsets[users]
    weight = np.where(inside, sequences.weights[target], 0.0).astype(np.float32)
    weight[~first, 0] = 0.0
    seen = sequences.times[token].copy()
    seen[:, 0] = sequences.times[starts]
    valid = None if inside.all() else np.flatnonzero(inside.ravel())
    flat = slice(None) if valid is None else valid

    def tensor(array: NDArray) -> torch.Tensor:
        here = torch.from_numpy(np.ascontiguousarray(array))
        # From pinned memory a copy does not wait for what the GPU is busy with.
        return here.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else here

    return Batch(
        items=tensor(sequences.items[token].astype(np.int64)),
        types=tensor(sequences.types[token].astype(np.int64)),
        seen=tensor(seen),
        asked=tensor(sequences.times[target]),
        valid=None if valid is None else tensor(valid),
        users=tensor(users),
        target=tensor(sequences.items[target].ravel()[flat].astype(np.int64)),
        weight=tensor(weight.ravel()[flat]),
        context=tensor(sequences.context[target.ravel()[flat]].astype(np.int64)),
    )


class Epoch:
    """The batches of one pass, the same for the same seed, number and rank (of the process in its team).
    `most`: tokens of a batch, by default as one process takes them.
    """

    def __init__(
        self,
        sequences: Sequences,
        window: int,
        seed: int,
        number: int,
        device: torch.device,
        *,
        most: int = 0,
        rank: int = 0,
    ) -> None:
        rng = np.random.default_rng([seed, 4, number, rank] if rank else [seed, 4, number])
        self.sequences, self.device = sequences, device
        self.windows = cut(sequences, window, rng)
        self.groups = plan(self.windows, rng, most or tokens(len(sequences.items)))

    def __len__(self) -> int:
        return len(self.groups)

    def __iter__(self) -> Iterator[Batch]:
        for group in self.groups:
            yield collate(self.sequences, self.windows, group, self.device)

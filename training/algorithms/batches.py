"""Turn histories into windows, and windows into batches of windows of similar length.

One pass over a window trains all its positions. A window is a run of events of one user. Its first event is a
target only if the window begins where the history begins. Otherwise it was a target at the end of the window
before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from training.algorithms.network import Batch
from training.data.prepared import Sequences

TOKENS = 256, 2048
"""The least and the most tokens of a batch, padding included."""

UPDATES = 200
"""The number of batches of one pass over little data."""

SHARED_UPDATES = 2000
"""The least number of steps of one pass that several processes share.

The batches of a step get smaller before there are fewer steps, unless one process would make fewer too.
"""


@dataclass(frozen=True)
class Windows:
    """The user, the first event, and the number of events of each window."""

    users: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]


def cut(sequences: Sequences, window: int, rng: np.random.Generator) -> Windows:
    """Windows that cover every history, so that each event is a target once.

    A window of `n` events has `n` tokens (the start token and all events but the last) and `n` targets, with
    `n` ≤ window + 1. Without events there are no windows. Long histories are cut from their newest event
    backwards. The lengths vary by user and pass, so that an event is not always at the same distance from the
    begin of its window.
    """
    lengths = sequences.lengths
    users = np.flatnonzero(lengths > 0)
    end = lengths[users]
    none = np.zeros(0, np.int64)
    found: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = [(none, none, none)]
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
    """The number of tokens of a process's batch.

    Little data is read in small batches, because there would be too few updates otherwise. The processes'
    batches make up one step. It is as large as one process's batch until that has the maximum size.
    """
    least, most = TOKENS
    step = max(int(np.clip(events // UPDATES, least, most)), min(processes * most, events // SHARED_UPDATES))
    return step // processes


def plan(windows: Windows, rng: np.random.Generator, max_tokens: int) -> list[NDArray[np.int64]]:
    """Groups of windows of about equal length, in random order."""
    order = np.argsort(windows.lengths * (1 + 0.1 * rng.random(len(windows.lengths))), kind="stable")
    groups: list[NDArray[np.int64]] = []
    begin, longest = 0, 0
    for place, length in enumerate(windows.lengths[order].tolist()):
        longest = max(longest, length)
        if place > begin and longest * (place - begin + 1) > max_tokens:
            groups.append(order[begin:place])
            begin, longest = place, length
    if begin < len(order):
        groups.append(order[begin:])
    rng.shuffle(groups)
    return groups


class Static(NamedTuple):
    """What the shapes of padded batches follow from: the tokens of a group of `plan`, and of a window."""

    tokens: int
    window: int

    def length(self, tokens: int) -> tuple[int, int]:
        """The tokens that a window is padded to, and the fewest that are padded to as many.

        1 and 2 are padded to 2, 3 to 3, 4 to 4, 5 and 6 to 6, and so on to 8, 12, 16, 24, …, and the longest
        window.
        """
        few, size = 1, 2
        while size < tokens:
            few, size = size + 1, size * 3 // 2 if size & (size - 1) == 0 else size * 4 // 3
        return min(size, self.window), few

    def padded(self, group: NDArray[np.int64], tokens: int) -> tuple[NDArray[np.int64], int]:
        """The group with its last window repeated, and the tokens of a window.

        For each length there is one shape: as many windows as a group can have.
        """
        length, few = self.length(tokens)
        missing = max(self.tokens // few - len(group), 0)
        return np.append(group, np.repeat(group[-1:], missing)), length


def collate(
    sequences: Sequences,
    windows: Windows,
    group: NDArray[np.int64],
    device: torch.device,
    *,
    static: Static | None = None,
) -> Batch:
    """The batch of a group of windows.

    A static one is padded. Padding has the weight 0, and counts as valid.
    """
    real, n = len(group), int(windows.lengths[group].max())
    if static:
        group, n = static.padded(group, n)
    users, starts, lengths = windows.users[group], windows.starts[group], windows.lengths[group]
    steps = np.arange(n)
    inside = steps < lengths[:, None]
    # `target` is the event that each token predicts, `token` the one that it stands for (start token: none).
    target = np.minimum(starts[:, None] + steps, len(sequences.items) - 1)
    token = np.maximum(target - 1, 0)
    first = starts == sequences.offsets[users]
    weight = np.where(inside, sequences.weights[target], 0.0).astype(np.float32)
    weight[~first, 0] = 0.0
    weight[real:] = 0.0
    seen = sequences.times[token].copy()
    seen[:, 0] = sequences.times[starts]
    valid = None if static or inside.all() else np.flatnonzero(inside.ravel())
    flat = slice(None) if valid is None else valid

    def tensor(array: NDArray[Any]) -> torch.Tensor:
        here = torch.from_numpy(np.ascontiguousarray(array))
        # A copy from pinned memory does not wait for the GPU.
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


def placeholder(context_columns: int, device: torch.device) -> Batch:
    """The batch of a process without events, one token of weight 1.

    Its step has gradients for the same parameters as any other. It must not count.
    """
    number = torch.zeros(1, 1, dtype=torch.long, device=device)
    return Batch(
        items=number,
        types=number,
        seen=number,
        asked=number,
        valid=None,
        users=number[0],
        target=number[0],
        weight=torch.ones(1, device=device),
        context=torch.full((1, context_columns), -1, device=device),
    )


class Epoch:
    """The batches of one pass, the same for the same seed, pass number and process rank.

    `max_tokens` is the number of tokens of a batch, by default that of a single process. `static` batches are
    padded, so that few shapes occur.
    """

    def __init__(
        self,
        sequences: Sequences,
        window: int,
        seed: int,
        number: int,
        device: torch.device,
        *,
        max_tokens: int = 0,
        rank: int = 0,
        static: bool = False,
    ) -> None:
        rng = np.random.default_rng([seed, 4, number, rank] if rank else [seed, 4, number])
        self.sequences, self.device = sequences, device
        self.windows = cut(sequences, window, rng)
        planned = max_tokens or tokens(len(sequences.items))
        self.groups = plan(self.windows, rng, planned)
        self.static = Static(planned, window + 1) if static else None

    def __len__(self) -> int:
        return len(self.groups)

    def __iter__(self) -> Iterator[Batch]:
        for group in self.groups:
            yield collate(self.sequences, self.windows, group, self.device, static=self.static)

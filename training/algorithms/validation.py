"""How well a network's lists predict the withheld events, during its training."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from training.algorithms import batches
from training.algorithms.network import Network
from training.algorithms.trainer import Interest
from training.data.prepared import Ages, Prepared, Sequences
from training.data.split import Cases, says_context
from training.distributed.process_group import SINGLE, ProcessGroup
from training.tuning.objective import gains, truths

MAX_CASES = 1000
"""The number of validation users that are scored after a pass. The blend is chosen on all of them.

With half as many, chance ended trainings on short histories whose passes still gained.
"""


def sample(cases: Cases, seed: int, group: ProcessGroup = SINGLE) -> Cases:
    """At most MAX_CASES of the cases of all processes, drawn with the seed."""
    total = group.total(len(cases))
    return cases.only(np.sort(np.random.default_rng([seed, 5]).permutation(total)[:MAX_CASES]))


def validated(network: Network, prepared: Prepared, cases: Cases) -> float:
    """The objective of the network's lists, with or without items that users have seen, whichever is better.

    Where users never return to an item, the blend keeps seen items out. The network must not stop early
    because it cannot do so itself. Each process scores its own cases, and the mean is over all of them.
    """
    sequences, wanted, reached = prepared.sequences, truths(prepared.sequences, cases), []
    count = sequences.group.total(len(cases))
    for unseen in (False, True):
        found = gains(
            lists(network, sequences, cases, prepared.latest, unseen=unseen, ages=prepared.ages), wanted
        )
        reached.append(float(sequences.group.sum(found.sum())) / max(count, 1))
    return max(reached)


@torch.no_grad()
def lists(
    network: Network,
    sequences: Sequences,
    cases: Cases,
    now: int,
    most: int = 25,
    *,
    unseen: bool = False,
    ages: Ages | None = None,
) -> list[NDArray[np.int64]]:
    """The best items for each case, from the events that are shown, at the time `now` as serving clamps it.

    The cases of `says_context` are asked with the context of the next event. With `ages`, items
    have the ages of its time. Idle items stay in the lists, which only compare a network's passes.
    """
    device = next(network.parameters()).device
    interest = None if ages is None else Interest(ages, device)
    table, gap = network.table(), sequences.typical_gap()
    window = network.shape.window
    starts = sequences.offsets[cases.users] + np.maximum(cases.shown - window, 0)
    windows = batches.Windows(cases.users, starts, np.minimum(cases.shown, window) + 1)
    result: list[NDArray[np.int64]] = [np.zeros(0, np.int64)] * len(cases)
    order = np.argsort(windows.lengths, kind="stable")
    step = max(1, min(64, 20_000_000 // max(len(table), 1)))
    for begin in range(0, len(order), step):
        group = order[begin : begin + step]
        batch = batches.collate(sequences, windows, group, device)
        ends = torch.from_numpy(windows.lengths[group] - 1).to(device)
        rows = torch.arange(len(group), device=device)
        last = batch.seen[rows, ends]
        batch.asked[rows, ends] = torch.minimum(torch.full_like(last, now), last + gap).maximum(last)
        place = rows * batch.items.shape[1] + ends
        if batch.valid is not None:
            place = torch.searchsorted(batch.valid, place)
        said = batch.context[place]
        said[torch.from_numpy(~says_context(cases.first + group)).to(device)] = -1
        batch.context.fill_(-1)[place] = said
        hidden = network(batch, table)
        scores = torch.addmm(network.bias, hidden[place], table.t())
        if interest is not None:
            moments = sequences.times[sequences.offsets[cases.users[group]] + cases.shown[group]]
            scores += interest.at(torch.from_numpy(moments).to(device))(slice(None))
        if unseen:
            for row, case in enumerate(group):
                history = sequences.history(int(cases.users[case]), int(cases.shown[case]))
                scores[row, torch.from_numpy(history.items.astype(np.int64)).to(device)] = -torch.inf
        best = scores.topk(min(most, scores.shape[1]), dim=1).indices.cpu().numpy()
        for case, items in zip(group, best, strict=True):
            result[case] = items
    return result

"""Passes over histories, by one process or by a group of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tastemaker.models.features import FeatureRows
from training.algorithms import batches, losses
from training.algorithms.course import Turn
from training.algorithms.network import Batch, Network, Shape
from training.algorithms.optimizer import Optimizer
from training.algorithms.steps import USUAL, Steps
from training.data.prepared import Ages, Sequences
from training.errors import NotEnoughDataError
from training.progress import StopSignal

FULL_SOFTMAX_ITEMS = 4000
"""Catalogs up to this size are scored whole at every event, larger ones against a sample.

At ten thousand items, a sample takes two fifths of the time and predicts as well (docs/models.md).
"""

NEGATIVES = 1024

UNBORN = -30.0
"""The offset of an item that comes later than the event."""


@dataclass(frozen=True)
class Rows:
    """The items that a step reads.

    `needed` holds each of them once, rising. The others are the places among them of the batch's tokens, of
    its targets, and of the negative items.
    """

    needed: torch.Tensor
    tokens: torch.Tensor
    target: torch.Tensor
    negative: torch.Tensor


class Sampler:
    """The negative items: all items, or for large catalogs a shared sample drawn by frequency.

    `counts` [items] is the number of events of each item.
    """

    def __init__(
        self,
        counts: NDArray[np.integer],
        device: torch.device,
        steps: Steps = USUAL,
        ages: Ages | None = None,
    ) -> None:
        self.full = len(counts) <= FULL_SOFTMAX_ITEMS
        frequency = counts + 1.0
        share = torch.from_numpy(frequency / frequency.sum()).to(device)
        self.cumulative, self.log_share = share.cumsum(0), share.log().float()
        self.dtype = losses.multiplied_as(device)
        self.interest = None if ages is None else Interest(ages, device)
        self._sampled_softmax = steps.compile(losses.sampled_softmax)

    def rows(self, batch: Batch) -> Rows | None:
        """The items of a step on this batch. None for all."""
        if self.full:
            return None
        draws = torch.rand(NEGATIVES, dtype=torch.float64, device=self.cumulative.device)
        drawn = torch.searchsorted(self.cumulative, draws).clamp(max=len(self.cumulative) - 1)
        everything = torch.cat([batch.items.reshape(-1), batch.target, drawn])
        needed, place = torch.unique(everything, return_inverse=True)
        tokens, target, negative = place.split([batch.items.numel(), len(batch.target), len(drawn)])
        return Rows(needed, tokens.view_as(batch.items), target, negative)

    def loss(
        self,
        network: Network,
        batch: Batch,
        rows: Rows | None,
        layered: Callable[..., torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """The batch's loss. `layered` may compute the network's layers."""
        if rows is None:
            table = network.table()
            hidden = network(batch, table, layered=layered)
            offsets = None if self.interest is None else self.interest.at(_asked(batch))
            return losses.full_softmax(
                hidden, table, network.bias, batch.target, batch.weight, self.dtype, offsets
            )
        table, bias = network.table(rows.needed), network.biases(rows.needed)
        log_share = self.log_share[rows.needed]
        hidden = network(batch, table, rows.tokens, layered)
        target_bias, negative_bias = bias[rows.target], bias[rows.negative]
        if self.interest is not None:
            asked, negative = _asked(batch), rows.needed[rows.negative]
            target_bias = target_bias + self.interest.of(asked, batch.target)
            negative_bias = negative_bias + self.interest.of_each(asked, self.interest.born[negative])
        return self._sampled_softmax(
            hidden,
            table[rows.target],
            target_bias,
            log_share[rows.target],
            table[rows.negative],
            negative_bias,
            log_share[rows.negative],
            rows.target[:, None] == rows.negative[None, :],
            batch.weight,
        )


class Interest:
    """What an item's age adds to its logit at the time of an event, in a catalog that turns over."""

    def __init__(self, ages: Ages, device: torch.device) -> None:
        self.born = torch.from_numpy(ages.activity.born).to(device)
        self.edges = torch.from_numpy(ages.curve.edges).long().to(device)
        self.values = torch.from_numpy(np.log(ages.curve.rates)).float().to(device)

    def at(self, asked: torch.Tensor) -> losses.Offsets:
        """The offsets of all items for events at these times."""
        return lambda some: self.of_each(asked[some], self.born)

    def of(self, asked: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """The offset of one item for each of these times in seconds since 1970: [events]."""
        ages = asked - self.born[items]
        steps = torch.searchsorted(self.edges, ages.clamp(min=0), right=True) - 1
        return self.values[steps].masked_fill(ages < 0, UNBORN)

    def of_each(self, asked: torch.Tensor, born: torch.Tensor) -> torch.Tensor:
        """The offsets of several items, which were born at some times, for each event: [events, items].

        In the order of birth, an event sees each step of the curve as one run of items. So it takes a search
        for each step and not for each item.
        """
        events, items = len(asked), len(born)
        rising, order = born.sort()
        levels = torch.cat([self.values.flip(0), self.values.new_full((1,), UNBORN)])
        begins = torch.searchsorted(rising, asked[:, None] - self.edges.flip(0), right=True)
        runs = torch.diff(
            begins, dim=1, prepend=begins.new_zeros(events, 1), append=begins.new_full((events, 1), items)
        )
        by_birth = torch.repeat_interleave(levels.repeat(events), runs.view(-1), output_size=events * items)
        return by_birth.view(events, items).index_select(1, order.argsort())


@dataclass(frozen=True)
class Work:
    """What a process needs to take part in a training.

    It holds the network's sizes and attributes, the events of the process's users, and the number of events
    of each item, of all processes.
    """

    shape: Shape
    item_features: FeatureRows
    user_features: FeatureRows
    sequences: Sequences
    counts: NDArray[np.int64]
    tokens: int
    rate: float
    warm_up: int
    seed: int
    steps: Steps = USUAL
    ages: Ages | None = None


class Trainer:
    """A network in training, on the events of this process's users.

    Gradients are averaged over the processes of their group, and every process holds the same weights.
    """

    def __init__(self, network: Network, work: Work) -> None:
        self.network, self.work, self.group = network, work, work.sequences.group
        self.optimizer = Optimizer(network, work.rate, warm_up=work.warm_up, group=self.group)
        self.sampler = Sampler(work.counts, network.bias.device, work.steps, work.ages)
        self._layered = work.steps.layers(network.layered)

    def one_pass(self, number: int, turn: Turn, stop: StopSignal | None) -> float:
        """Make one pass over all histories, and return the mean loss per event of this process's.

        All processes of a group make it together. Chance differs between them. The loss is 0 for a process
        without events. Raises NotEnoughDataError if no process has any.
        """
        group, work = self.group, self.work
        self.network.train()
        if group.rank:
            seeds = np.random.SeedSequence([work.seed, 8, number, group.rank])
            torch.manual_seed(int(seeds.generate_state(1)[0]))
        device = self.sampler.log_share.device
        epoch = batches.Epoch(
            work.sequences,
            work.shape.window,
            work.seed,
            number,
            device,
            max_tokens=work.tokens,
            rank=group.rank,
            static=bool(work.steps.compiled),
        )
        steps = max(group.gather(len(epoch)))
        if not steps:
            raise NotEnoughDataError(
                "No interaction is left to train on, because all are held out, or outside the percentiles of "
                "history length. Import more interactions, or widen the percentiles."
            )
        total = weight = torch.zeros((), dtype=torch.float64, device=device)
        read, events = 0, max(len(work.sequences.items), 1)
        for step, (batch, again) in enumerate(_at_least(epoch, steps)):
            if stop is not None:
                stop.check()
            counted = group.size == 1 and not epoch.static  # padding is no event
            done = min(read / events, 1.0) if counted else step / steps
            loss, count = self.step(batch, turn.fallen(done), counts=not again)
            if not again:
                total, weight = total + loss.double() * count, weight + count
            read += len(batch.target)
        return float(total) / max(float(weight), 1e-9)

    def step(self, batch: Batch, done: float, *, counts: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
        """Make one update, and return the loss of this process's batch and its weight.

        `done` is how far the rate has fallen, from 0 to 1. A batch that does not count takes part, and moves
        nothing.
        """
        rows = self.sampler.rows(batch)
        self.optimizer.read(None if rows is None else rows.needed)
        loss = self.sampler.loss(self.network, batch, rows, self._layered)
        weight = batch.weight.sum()
        self.optimizer.step(loss, done, weight * counts)
        return loss.detach(), weight

    def begin(self) -> None:
        """Take over the leader's weights, moments, averages, and number of steps."""
        one, group = self.optimizer, self.group
        if group.size > 1:
            one.restore(one.state() | {"steps": group.agreed(one.steps)})
            group.synchronize([*self.network.parameters(), *one.first, *one.second, *one.average])


def _asked(batch: Batch) -> torch.Tensor:
    """The time of each target."""
    times = batch.asked.reshape(-1)
    return times if batch.valid is None else times[batch.valid]


def device() -> torch.device:
    """The device that this process trains on.

    A GPU may round factors to ten bits (TF32), which is many times faster. Sums stay exact.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    torch.set_float32_matmul_precision("high")
    return torch.device("cuda", torch.cuda.current_device())


def _at_least(epoch: batches.Epoch, steps: int) -> Iterator[tuple[Batch, bool]]:
    """The batches of a pass. If other processes have more, the last one is repeated, and marked so.

    A process without events has a placeholder in its place.
    """
    batch = batches.placeholder(epoch.sequences.context.shape[1], epoch.device)
    for batch in epoch:
        yield batch, False
    for _ in range(steps - len(epoch)):
        yield batch, True

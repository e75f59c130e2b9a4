"""Passes over histories, by one process or by a group of processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from tastemaker.models.features import FeatureRows
from training.algorithms import batches, losses
from training.algorithms.course import Turn
from training.algorithms.network import Batch, Network, Shape
from training.algorithms.optimizer import Optimizer
from training.data.prepared import Sequences
from training.distributed.process_group import ProcessGroup
from training.errors import NotEnoughDataError
from training.progress import StopSignal

FULL_SOFTMAX_ITEMS = 4000
"""Catalogs up to this size are scored whole at every event, larger ones against a sample.

At ten thousand items, a sample takes two fifths of the time and predicts as well (docs/models.md).
"""

NEGATIVES = 1024


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

    def __init__(self, counts: NDArray[np.integer], device: torch.device) -> None:
        self.full = len(counts) <= FULL_SOFTMAX_ITEMS
        frequency = counts + 1.0
        share = torch.from_numpy(frequency / frequency.sum()).to(device)
        self.cumulative, self.log_share = share.cumsum(0), share.log().float()

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

    def loss(self, network: Network, batch: Batch, rows: Rows | None) -> torch.Tensor:
        """The batch's loss."""
        if rows is None:
            table = network.table()
            hidden = network(batch, table)
            return losses.full_softmax(hidden, table, network.bias, batch.target, batch.weight)
        table, bias = network.table(rows.needed), network.biases(rows.needed)
        log_share = self.log_share[rows.needed]
        hidden = network(batch, table, rows.tokens)
        return losses.sampled_softmax(
            hidden,
            table[rows.target],
            bias[rows.target],
            log_share[rows.target],
            table[rows.negative],
            bias[rows.negative],
            log_share[rows.negative],
            rows.target[:, None] == rows.negative[None, :],
            batch.weight,
        )


@dataclass(frozen=True)
class Work:
    """What a process needs to take part in a training.

    It holds the network's sizes and attributes, the events of the process's users (users keep their
    positions), and the number of all events of each item.
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


def share(work: Work, rank: int, size: int) -> Work:
    """One process's share of the work: every `size`-th user with events. Raises NotEnoughDataError."""
    if size == 1:
        return work
    lengths = work.sequences.lengths
    users = np.flatnonzero(lengths)
    if len(users) < size:
        raise NotEnoughDataError(f"There are {len(users)} users for {size} processes. Use fewer instances.")
    mine = np.zeros(len(lengths), bool)
    mine[users[rank::size]] = True
    return replace(work, sequences=work.sequences.keep(np.repeat(mine, lengths)))


class Trainer:
    """A network in training, on this process's share of the work.

    In a group, gradients are averaged, and every process holds the same weights.
    """

    def __init__(self, network: Network, work: Work, group: ProcessGroup) -> None:
        """`work` is this process's own share."""
        self.network, self.work, self.group = network, work, group
        self.optimizer = Optimizer(network, work.rate, warm_up=work.warm_up, group=group)
        self.sampler = Sampler(work.counts, network.bias.device)

    def one_pass(self, number: int, turn: Turn, stop: StopSignal | None) -> float:
        """Make one pass over this process's histories, and return the mean loss per event."""
        group, work = self.group, self.work
        self.network.train()
        device = self.sampler.log_share.device
        epoch = batches.Epoch(
            work.sequences,
            work.shape.window,
            work.seed,
            number,
            device,
            max_tokens=work.tokens,
            rank=group.rank,
        )
        steps = len(epoch) if group.size == 1 else group.maximum(len(epoch))
        total = weight = torch.zeros((), dtype=torch.float64, device=device)
        read, events = 0, max(len(work.sequences.items), 1)
        for step, (batch, again) in enumerate(_at_least(epoch, steps)):
            if stop is not None:
                stop.check()
            done = min(read / events, 1.0) if group.size == 1 else step / steps
            loss, count = self.step(batch, turn.fallen(done), counts=not again)
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
        loss, weight = self.sampler.loss(self.network, batch, rows), batch.weight.sum()
        self.optimizer.step(loss, done, weight * counts)
        return loss.detach(), weight

    def lead(self, everything: Work) -> None:
        """Let the other processes take part in this training, from the leader's state on."""
        if self.group.size > 1:
            self.group.broadcast("train")
            others = (share(everything, rank, self.group.size) for rank in range(1, self.group.size))
            self.group.scatter((one, self.optimizer.steps) for one in others)
            self.synchronize()

    def pass_together(self, number: int, turn: Turn, stop: StopSignal | None) -> float:
        """Make the leader's pass, in which all other processes take part."""
        self.group.broadcast((number, *turn))
        return self.one_pass(number, turn, stop)

    def end(self) -> None:
        """Release the other processes for other work."""
        self.group.broadcast(None)

    def synchronize(self) -> None:
        """Take over the leader's weights, moments and averages."""
        one = self.optimizer
        self.group.synchronize([*self.network.parameters(), *one.first, *one.second, *one.average])


def follow(group: ProcessGroup, stop: StopSignal) -> None:
    """Take part in each training that the leader starts, until the job ends.

    All processes but the leader do this for the whole job. Raises StoppedError or PeerLostError.
    """
    while group.receive() is not None:
        stop.check()
        work, steps = group.receive_part()
        network = Network(work.shape, work.item_features, work.user_features).to(device())
        trainer = Trainer(network, work, group)
        trainer.optimizer.restore(trainer.optimizer.state() | {"steps": steps})
        trainer.synchronize()
        while (said := group.receive()) is not None:
            number, *turn = said
            seeds = np.random.SeedSequence([work.seed, 8, number, group.rank])
            torch.manual_seed(int(seeds.generate_state(1)[0]))
            trainer.one_pass(number, Turn(*turn), stop)


def device() -> torch.device:
    """The device that this process trains on.

    A GPU may round factors to ten bits (TF32), which is many times faster. Sums stay exact.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    torch.set_float32_matmul_precision("high")
    return torch.device("cuda", torch.cuda.current_device())


def _at_least(epoch: batches.Epoch, steps: int) -> Iterator[tuple[Batch, bool]]:
    """The batches of a pass. If other processes have more, the last one is repeated, and marked so."""
    for batch in epoch:
        yield batch, False
    for _ in range(steps - len(epoch)):
        yield batch, True

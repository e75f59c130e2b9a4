"""Training the transformer: passes over all histories until validation stops improving.

The optimizer is AdamW with an average of the weights. The result is deterministic for a seed on one kind of
processor, unless the time budget ends the training early. A GPU adds up gradients in any order.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.algorithms import batches, factors
from training.algorithms.network import Network, Shape
from training.algorithms.optimizer import Optimizer
from training.algorithms.trainer import Sampler, Trainer, Work, device, share
from training.data.prepared import Prepared, Sequences
from training.data.split import Cases, says_context
from training.distributed import process_group
from training.progress import Clock, StopSignal, duration, log
from training.tuning.objective import gains, truths

TOTAL_EVENTS = 600_000
"""The number of events that a training reads of a small data set: six passes over 100 thousand.

This is a choice: validation hardly improves afterwards (MovieLens).
"""

PASSES = (3, 40)
PEAK_RATE = 3e-3
INITIAL_VECTOR_LENGTH = 0.3
"""The length of the item vectors' start from factors.

It is far more than their noise, and less than what they grow to.
"""

MAX_PASSES_WITHOUT_GAIN = 3
FIT_SHARE = 0.66
"""The share of the time budget for `fit`. The rest is for two calls of `refine`."""

MAX_PASS_CASES = 500
"""The number of validation users that are scored after a pass. The blend is chosen on all of them."""


@dataclass(frozen=True)
class Plan:
    """How long to train.

    `seconds` bounds the whole training: the share `FIT_SHARE` is for `fit`, and the rest for two calls of
    `refine`. Each makes at least one pass. If passes or width is 0, the amount of data decides.
    """

    seconds: float
    passes: int = 0
    width: int = 0
    window: int = 100
    dropout: float = 0.2
    rate: float = PEAK_RATE

    def for_data(self, events: int) -> Plan:
        """The plan with everything that was left open."""
        passes = self.passes or int(np.clip(round(TOTAL_EVENTS / max(events, 1)), *PASSES))
        width = self.width or (64 if events < 500_000 else 96 if events < 10_000_000 else 128)
        return replace(self, passes=passes, width=width)


@dataclass
class Result:
    """A trained network with its averaged weights.

    `passes` is how many passes it took, `reached` its objective on validation data, and `seconds` the time of
    a pass.
    """

    network: Network
    passes: int
    reached: float
    seconds: float


def shape_for(prepared: Prepared, plan: Plan) -> Shape:
    """The network's sizes for this data."""
    return Shape(
        items=len(prepared.items),
        item_features=prepared.item_space.size,
        user_features=prepared.user_space.size,
        context=prepared.context_space.size,
        types=len(prepared.event_types),
        width=plan.width,
        window=plan.window,
        dropout=plan.dropout,
    )


def warm_up(events: int, passes: int, processes: int = 1) -> int:
    """The updates over which the rate rises: a hundred, or a tenth of all if there are few."""
    step = processes * batches.tokens(events, processes)
    return min(100, passes * math.ceil(events / step) // 10)


def work_for(
    prepared: Prepared, shape: Shape, training: Sequences, seed: int, *, rate: float, warm_up: int
) -> Work:
    """The work of all processes together to train a network of this shape."""
    return Work(
        shape,
        prepared.item_features,
        prepared.user_features,
        training,
        np.bincount(training.items, minlength=shape.items),
        batches.tokens(len(training.items), process_group.current().size),
        rate,
        warm_up,
        seed,
    )


def typical_gap(sequences: Sequences) -> int:
    """The seconds that usually lie between two events of a user: the upper quartile."""
    gaps = np.diff(sequences.times)[np.diff(sequences.owners()) == 0]
    return int(np.quantile(gaps, 0.75)) if len(gaps) else 0


def fit(
    prepared: Prepared,
    training: Sequences,
    cases: Cases,
    plan: Plan,
    seed: int,
    *,
    checkpoints: Path | None = None,
    stop: StopSignal | None = None,
) -> Result:
    """Train on `training`, and stop by the validation `cases`, whose truth is in `prepared.sequences`.

    With a folder for checkpoints, the state is written after each pass, and read at the start if it is there.
    Raises StoppedError if `stop` requests it.
    """
    plan = plan.for_data(len(training.items))
    group, where = process_group.current(), device()
    torch.manual_seed(seed)
    shape = shape_for(prepared, plan)
    network = Network(shape, prepared.item_features, prepared.user_features).to(where)
    rising = warm_up(len(training.items), plan.passes, group.size)
    work = work_for(prepared, shape, training, seed, rate=plan.rate, warm_up=rising)
    _begin(network, work)
    trainer = Trainer(network, share(work, group.rank, group.size), group)
    optimizer = trainer.optimizer
    some = _some(cases, seed)
    state = _Checkpoint(
        checkpoints / "transformer.pt" if checkpoints else None, f"{shape} {plan} {seed}{_by(group)}"
    )
    best, best_weights, best_pass, begin, passes = -1.0, optimizer.average, 0, 0, plan.passes
    restored = state.read(network, optimizer, where)
    if restored is not None:
        begin, best, best_pass, best_weights = restored
        log(f"going on after pass {begin} from a checkpoint")
    log(
        f"transformer: {shape.width} wide, {shape.layers} layers, window {shape.window}, "
        f"{len(training.items):,} events, {shape.items:,} items, at most {passes} passes, "
        f"{where.type}, {torch.get_num_threads()} threads{_by(group)}"
    )
    trainer.lead(work)
    clock, budget, each = Clock(), FIT_SHARE * plan.seconds, 0.0
    gained = (
        begin - best_pass < MAX_PASSES_WITHOUT_GAIN
    )  # else a job that was killed later had stopped here already
    for number in range(begin, plan.passes) if gained else ():
        loss = trainer.pass_together(number, passes, stop)
        reached = validated(optimizer.averaged_network(), prepared, some)
        if reached > best:
            best, best_pass = reached, number + 1
            best_weights = [value.clone() for value in optimizer.average]
        each = clock.seconds() / (number + 1 - begin)
        if number == begin:
            # A budget that is too short makes the rate fall faster, instead of cutting its fall off.
            passes = min(passes, max(begin + int(budget / each), number + 1))
        left = each * (passes - number - 1)
        log(
            f"pass {number + 1}/{passes} loss {loss:.4f} validation {reached:.4f} best {best:.4f} "
            f"left {duration(left)}"
        )
        state.write(network, optimizer, number + 1, best, best_pass, best_weights)
        over = number + 1 >= passes or clock.seconds() + each > budget
        if over or number + 1 - best_pass >= MAX_PASSES_WITHOUT_GAIN:
            break
    trainer.end()
    optimizer.average = best_weights
    return Result(optimizer.averaged_network(), best_pass, best, each)


def refine(
    prepared: Prepared,
    result: Result,
    training: Sequences,
    plan: Plan,
    seed: int,
    *,
    stop: StopSignal | None = None,
) -> Result:
    """Continue from a result with more data, for a quarter of its passes, at a falling rate."""
    group = process_group.current()
    torch.manual_seed(seed + 1)
    network = copy.deepcopy(result.network).train()
    work = work_for(prepared, network.shape, training, seed + 1, rate=plan.rate / 2, warm_up=10)
    trainer = Trainer(network, share(work, group.rank, group.size), group)
    affordable = int((1 - FIT_SHARE) / 2 * plan.seconds / max(result.seconds, 1e-9))
    passes = max(1, min(math.ceil(result.passes / 4), affordable))
    trainer.lead(work)
    for number in range(passes):
        loss = trainer.pass_together(number, passes, stop)
        log(f"refining on all of it: pass {number + 1}/{passes} loss {loss:.4f}")
    trainer.end()
    return Result(trainer.optimizer.averaged_network(), result.passes, result.reached, result.seconds)


def _begin(network: Network, work: Work) -> None:
    """Start biases from the items' frequencies, and item vectors near factors of users and items."""
    beginning = torch.from_numpy(factors.fit(work.sequences, work.shape.items, work.shape.width, work.seed))
    log_share = Sampler(work.counts, network.bias.device).log_share
    with torch.no_grad():
        network.bias.copy_(log_share - log_share.max())
        network.ids.add_(beginning.to(network.ids.device), alpha=INITIAL_VECTOR_LENGTH)


def _by(group: process_group.ProcessGroup) -> str:
    return f", {group.size} processes" if group.size > 1 else ""


def _some(cases: Cases, seed: int) -> Cases:
    take = np.sort(np.random.default_rng([seed, 5]).permutation(len(cases))[:MAX_PASS_CASES])
    return Cases(cases.users[take], cases.shown[take])


def validated(network: Network, prepared: Prepared, cases: Cases) -> float:
    """The objective of the network's lists, with or without items that users have seen, whichever is better.

    Where users never return to an item, the blend keeps seen items out. The network must not stop early
    because it cannot do so itself.
    """
    wanted = truths(prepared.sequences, cases)
    return max(
        float(gains(lists(network, prepared.sequences, cases, prepared.latest, unseen=unseen), wanted).mean())
        for unseen in (False, True)
    )


@torch.no_grad()
def lists(
    network: Network, sequences: Sequences, cases: Cases, now: int, most: int = 25, *, unseen: bool = False
) -> list[NDArray[np.int64]]:
    """The best items for each case, from the events that are shown, at the time `now` as serving clamps it.

    The cases of `says_context` are asked with the context of the next event.
    """
    device = next(network.parameters()).device
    table, gap = network.table(), typical_gap(sequences)
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
        said[torch.from_numpy(~says_context(group)).to(device)] = -1
        batch.context.fill_(-1)[place] = said
        hidden = network(batch, table)
        scores = torch.addmm(network.bias, hidden[place], table.t())
        if unseen:
            for row, case in enumerate(group):
                history = sequences.history(int(cases.users[case]), int(cases.shown[case]))
                scores[row, torch.from_numpy(history.items.astype(np.int64)).to(device)] = -torch.inf
        best = scores.topk(min(most, scores.shape[1]), dim=1).indices.cpu().numpy()
        for case, items in zip(group, best, strict=True):
            result[case] = items
    return result


class _Checkpoint:
    """The state of a training in one file.

    The file is written beside and renamed, so that a job that dies while writing leaves the old one.
    """

    def __init__(self, path: Path | None, fingerprint: str) -> None:
        self.path, self.fingerprint = path, fingerprint

    def write(
        self,
        network: Network,
        optimizer: Optimizer,
        done: int,
        best: float,
        best_pass: int,
        best_weights: list[torch.Tensor],
    ) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "fingerprint": self.fingerprint,
            "network": network.state_dict(),
            "optimizer": optimizer.state(),
            "random": torch.get_rng_state(),
            "random_gpu": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
            "done": done,
            "best": best,
            "best_pass": best_pass,
            "best_weights": best_weights,
        }
        beside = self.path.with_suffix(".writing")
        torch.save(state, beside)
        beside.replace(self.path)

    def read(
        self, network: Network, optimizer: Optimizer, device: torch.device
    ) -> tuple[int, float, int, list[torch.Tensor]] | None:
        if self.path is None or not self.path.exists():
            return None
        state = torch.load(self.path, map_location=device, weights_only=True)
        if state["fingerprint"] != self.fingerprint:
            return None
        network.load_state_dict(state["network"])
        optimizer.restore(state["optimizer"])
        torch.set_rng_state(state["random"].cpu())
        if state["random_gpu"] is not None and torch.cuda.is_available():
            torch.cuda.set_rng_state(state["random_gpu"].cpu())
        return state["done"], state["best"], state["best_pass"], state["best_weights"]

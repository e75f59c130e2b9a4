"""Training the transformer: passes over all histories while validation improves enough.

The optimizer is AdamW with an average of the weights. The result is deterministic for a seed on one kind of
processor, unless the time budget ends the training early. A GPU adds up gradients in any order.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from tastemaker.models.ages import worth
from training.algorithms import batches, factors, validation
from training.algorithms.checkpoint import Best, Checkpoint
from training.algorithms.course import MIN_GAIN, MIN_GAIN_OF_SMALL_DATA, Course, Turn
from training.algorithms.network import Network, Shape
from training.algorithms.steps import USUAL, Steps
from training.algorithms.trainer import Sampler, Trainer, Work, device
from training.data.prepared import Prepared, Sequences
from training.data.split import Cases
from training.distributed.process_group import ProcessGroup
from training.progress import Clock, StopSignal, duration, log

TOTAL_EVENTS = 600_000
"""The number of events that a training reads at least: six passes over 100 thousand.

It reads more while validation rises (`training.algorithms.course`).
"""

PASSES = (3, 40)
"""The fewest and the most passes that this number of events asks for.

Data that ask for more than the fewest are small: further passes must gain more
(`course.MIN_GAIN_OF_SMALL_DATA`).
"""
PEAK_RATE = 3e-3
INITIAL_VECTOR_LENGTH = 0.3
"""The length of the item vectors' start from factors.

It is far more than their noise, and less than what they grow to.
"""

FIT_SHARE = 0.66
"""The share of the time budget for `fit`. The rest is for two calls of `refine`."""


SHORT_HISTORY = 10
"""With fewer events per user, chance decides much of what a network learns.

On such data (beauty, 8 events per user) two seeds of one network differed by 5 % in NDCG@10.
"""

MAX_EVENTS_OF_TWO = 1_000_000
"""The number of events up to which two networks are trained. Beyond, a second one costs hours."""


@dataclass(frozen=True)
class Plan:
    """How long to train.

    `seconds` bounds the whole training: the share `FIT_SHARE` is for `fit`, and the rest for two calls of
    `refine`. Each makes at least one pass. If the width is 0, the amount of data decides. If passes is 0, the
    data decide too, and validation after each pass. `least` is the number of passes that the data ask for,
    and `gain` what each further one must be expected to gain.
    """

    seconds: float
    passes: int = 0
    width: int = 0
    window: int = 100
    least: int = 0
    gain: float = MIN_GAIN
    dropout: float = 0.2
    rate: float = PEAK_RATE
    steps: Steps = USUAL

    def for_data(self, events: int) -> Plan:
        """The plan with everything that was left open."""
        least = self.passes or int(np.clip(round(TOTAL_EVENTS / max(events, 1)), *PASSES))
        width = self.width or (64 if events < 500_000 else 96 if events < 10_000_000 else 128)
        gain = MIN_GAIN_OF_SMALL_DATA if least > PASSES[0] else MIN_GAIN
        return replace(self, least=least, gain=gain, width=width)


@dataclass
class Result:
    """A trained network with its averaged weights.

    `passes` is how many passes it took, `reached` its objective on validation data, and `seconds` the time of
    a pass. `worth` is what items were worth in the data, if the catalog turns over.
    """

    network: Network
    passes: int
    reached: float
    seconds: float
    worth: NDArray[np.float64] | None = None


def networks_for(training: Sequences) -> int:
    """How many networks to train and to average (`training.algorithms.merging`): two for short histories."""
    users = training.group.total(int(np.count_nonzero(training.lengths)))
    short = training.total() < SHORT_HISTORY * users
    return 2 if short and training.total() <= MAX_EVENTS_OF_TWO else 1


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


def warm_up(events: int, passes: int, processes: int = 1, tokens: int = 0) -> int:
    """The updates over which the rate rises: a hundred, or a tenth of all if there are few.

    `tokens` is the size of a process's batch, 0 for the usual one.
    """
    step = processes * (tokens or batches.tokens(events, processes))
    return min(100, passes * math.ceil(events / step) // 10)


def work_for(
    prepared: Prepared,
    shape: Shape,
    training: Sequences,
    seed: int,
    *,
    rate: float,
    warm_up: int,
    steps: Steps = USUAL,
) -> Work:
    """The work of this process to train a network of this shape.

    `rate` is that of a step of the usual size.
    """
    usual = batches.tokens(training.total(), training.group.size)
    return Work(
        shape,
        prepared.item_features,
        prepared.user_features,
        training,
        training.counts(shape.items),
        steps.tokens or usual,
        steps.rate(rate, usual),
        warm_up,
        seed,
        steps,
        prepared.ages,
    )


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
    plan = plan.for_data(training.total())
    torch.manual_seed(seed)
    trainer = _started(prepared, training, plan, seed)
    optimizer, group, shape = trainer.optimizer, trainer.group, trainer.work.shape
    path = checkpoints / "transformer.pt" if checkpoints else None
    state = Checkpoint(path, f"{shape} {plan} {seed}{_by(group)}")
    course, best = _begun(trainer, plan, state)
    log(
        f"transformer: {shape.width} wide, {shape.layers} layers, window {shape.window}, "
        f"{training.total():,} events, {shape.items:,} items, {_planned(plan)}, "
        f"{device().type}, {torch.get_num_threads()} threads{_by(group)}"
    )
    seconds = 0.0
    if not course.over:  # otherwise the restarted job had stopped here already
        some = validation.sample(cases, seed, group)

        def validated() -> float:
            return validation.validated(optimizer.averaged_network(), prepared, some)

        seconds = _make_passes(trainer, plan, course, best, state, validated, stop)
    optimizer.average = best.weights
    known = None if prepared.ages is None else worth(*prepared.ages.counted(training))
    return Result(optimizer.averaged_network(), best.passes, best.reached, seconds, known)


def _started(prepared: Prepared, training: Sequences, plan: Plan, seed: int) -> Trainer:
    """A trainer with a new network."""
    shape = shape_for(prepared, plan)
    network = Network(shape, prepared.item_features, prepared.user_features).to(device())
    rising = warm_up(training.total(), plan.least, training.group.size, plan.steps.tokens)
    work = work_for(prepared, shape, training, seed, rate=plan.rate, warm_up=rising, steps=plan.steps)
    _begin(network, work)
    return Trainer(network, work)


def _begun(trainer: Trainer, plan: Plan, state: Checkpoint) -> tuple[Course, Best]:
    """The passes so far and the best weights, from the leader's checkpoint if there is one."""
    optimizer, group = trainer.optimizer, trainer.group
    course = Course(plan.least, plan.gain, fixed=plan.passes > 0)
    best = Best(-1.0, 0, _copies(optimizer.average))
    restored = state.read(trainer.network, optimizer, device())
    if restored is not None:
        course, best = restored
        log(f"going on after pass {course.done} from a checkpoint")
    trainer.begin()
    course, best.reached, best.passes = group.agreed((course, best.reached, best.passes))
    group.synchronize(best.weights)
    return course, best


def _make_passes(
    trainer: Trainer,
    plan: Plan,
    course: Course,
    best: Best,
    state: Checkpoint,
    validated: Callable[[], float],
    stop: StopSignal | None,
) -> float:
    """Make passes until the course or the budget ends.

    `course` and `best` are updated. Returns the seconds of a pass.
    """
    optimizer, group, before = trainer.optimizer, trainer.group, course.done
    clock, budget, each = Clock(), FIT_SHARE * plan.seconds, 0.0
    while not course.over:
        high = course.high
        loss = trainer.one_pass(course.done, course.turn, stop)
        reached = validated()
        each = group.agreed(clock.seconds()) / (course.done + 1 - before)
        course.note(reached, max(int(group.agreed(budget - clock.seconds()) / each), 0))
        if reached > best.reached:
            best.reached, best.passes = reached, course.done
            best.weights = _copies(optimizer.average)
        log(
            f"pass {course.done}/{course.last or '?'} loss {loss:.4f} validation {reached:.4f} "
            f"best {best.reached:.4f} left {_left(course, each)}"
        )
        if course.high != high:
            log(_decided(course, each))
        state.write(trainer.network, optimizer, course, best)
    return each


def _copies(tensors: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    return [tensor.clone() for tensor in tensors]


def _decided(course: Course, each: float) -> str:
    """Why no more passes are made at the highest rate, for people who consider a larger budget."""
    assert course.high is not None and course.last is not None
    decided = f"the rate falls from pass {course.high} to pass {course.last}"
    if course.last == course.high:
        decided = f"the training ends after pass {course.last}"
    if course.out_of_time:
        decided += ", because the time budget (training.budgetMinutes) allows no more passes"
    if course.done < 2 or max(course.reached) <= 0:
        return decided
    gain = 100 * course.next_gain
    more = f"one more pass at the highest rate ({duration(each)})"
    return f"{decided}: {more} would raise validation by about {gain:.1f} %"


def _left(course: Course, each: float) -> str:
    """The time that the rest of the passes takes: at least, while validation decides how many there are."""
    if course.last is not None:
        return duration(each * (course.last - course.done))
    return f"at least {duration(each * max(course.least - course.done, 1))}"


def _planned(plan: Plan) -> str:
    if plan.passes:
        return f"{plan.passes} passes"
    return f"{plan.least} passes and more while each promises {100 * plan.gain:.0f} %"


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
    torch.manual_seed(seed + 1)
    network = copy.deepcopy(result.network).train()
    work = work_for(
        prepared, network.shape, training, seed + 1, rate=plan.rate / 2, warm_up=10, steps=plan.steps
    )
    if work.ages is not None and result.worth is not None:  # most live items are new in these data
        gained = worth(*work.ages.counted(training)) / result.worth
        with torch.no_grad():
            network.bias.add_(torch.from_numpy(np.log(gained)).to(network.bias))
    trainer = Trainer(network, work)
    affordable = int((1 - FIT_SHARE) / 2 * plan.seconds / max(result.seconds, 1e-9))
    passes = max(1, min(math.ceil(result.passes / 4), affordable))
    trainer.begin()
    for number in range(passes):
        loss = trainer.one_pass(number, Turn(number / passes, (number + 1) / passes), stop)
        log(f"refining on all of it: pass {number + 1}/{passes} loss {loss:.4f}")
    return replace(result, network=trainer.optimizer.averaged_network())


def _begin(network: Network, work: Work) -> None:
    """Start biases from the items' frequencies, and item vectors near factors of users and items."""
    beginning = torch.from_numpy(factors.fit(work.sequences, work.shape.items, work.shape.width, work.seed))
    bias = Sampler(work.counts, network.bias.device).log_share
    if work.ages is not None:  # an item is not better because it is older
        bias = torch.from_numpy(np.log(worth(*work.ages.counted(work.sequences)))).to(bias)
    with torch.no_grad():
        network.bias.copy_(bias - bias.max())
        network.ids.add_(beginning.to(network.ids.device), alpha=INITIAL_VECTOR_LENGTH)


def _by(group: ProcessGroup) -> str:
    return f", {group.size} processes" if group.size > 1 else ""

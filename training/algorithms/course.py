"""How long a training lasts, decided after each pass by what the pass has gained on validation data.

The rate stays at its highest while validation rises fast enough, and then falls over a third as many passes
as came before ("warmup-stable-decay", Hu et al., "MiniCPM", 2024). So the end need not be known at the start,
and a short training still ends at a low rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

MIN_GAIN = 0.01
"""The least share by which the next pass must be expected to raise the objective on validation data."""

MIN_GAIN_OF_SMALL_DATA = 0.05
"""The same for data that ask for many passes because they are small.

A first model of them is ready soon, and long histories gain less than this from more passes. Short ones may
gain more (`docs/models.md`, "Short histories of small data").
"""

SLOWING = 0.7
"""What a pass gains, as a share of what the passes before gained each."""

MAX_PASSES_WITHOUT_GAIN = 3
"""After so many passes without a better one, the training ends. The rate falls one pass earlier."""

FALL = 3
"""The passes at the highest rate for each pass at a falling rate."""


class Turn(NamedTuple):
    """How far the rate has fallen before a pass and after it, from 0 to 1."""

    before: float
    after: float

    def fallen(self, done: float) -> float:
        """How far it has fallen when this share of the pass is done."""
        return self.before + (self.after - self.before) * done


def falling(passes: int) -> int:
    """The passes at a falling rate after so many at the highest rate."""
    return math.ceil(passes / FALL)


@dataclass
class Course:
    """The passes of one training.

    `least` is the passes to make, unless validation stops rising before. Beyond them, the next pass must be
    expected to raise the objective by the share `gain`. If they are `fixed`, there are no more, and the rate
    falls from the start. `reached` has the objective after each pass so far. The rate falls from the end of
    the pass `high` to the end of the pass `last`; before that is decided, they are None. `out_of_time` is
    whether the budget decided it.
    """

    least: int
    gain: float = MIN_GAIN
    fixed: bool = False
    reached: list[float] = field(default_factory=list)
    high: int | None = None
    last: int | None = None
    out_of_time: bool = False

    def __post_init__(self) -> None:
        if self.fixed and self.last is None:
            self.high, self.last = 0, self.least

    @property
    def done(self) -> int:
        """The number of passes made."""
        return len(self.reached)

    @property
    def over(self) -> bool:
        """Whether no pass is left."""
        return self.last is not None and self.done >= self.last

    @property
    def next_gain(self) -> float:
        """The share by which one more pass at the highest rate would raise the objective, estimated.

        1 while nothing is known.
        """
        best = [max(self.reached[: end + 1]) for end in range(self.done)]
        if len(best) < 2 or best[-1] <= 0:
            return 1.0
        before = best[-3] if len(best) > 2 else best[-2]
        return SLOWING * (best[-1] - before) / (min(len(best), 3) - 1) / best[-1]

    @property
    def turn(self) -> Turn:
        """The rate's part in the next pass."""
        if self.high is None or self.last is None:
            return Turn(0.0, 0.0)
        length = max(self.last - self.high, 1)
        return Turn((self.done - self.high) / length, (self.done + 1 - self.high) / length)

    def note(self, reached: float, affordable: int) -> None:
        """Note what a pass has reached, and decide how to go on.

        `affordable` is the number of passes that the time budget still allows.
        """
        self.reached.append(reached)
        without_gain = self.done - 1 - self.reached.index(max(self.reached))
        if self.last is not None:
            over = without_gain >= MAX_PASSES_WITHOUT_GAIN
            self.last = self.done if over else min(self.last, self.done + affordable)
            return
        stuck = without_gain >= MAX_PASSES_WITHOUT_GAIN - 1
        enough = self.done >= self.least * FALL // (FALL + 1) and self.next_gain < self.gain
        out_of_time = affordable <= falling(self.done + 1)
        if stuck or enough or out_of_time:
            self.high = self.done
            self.out_of_time = out_of_time and not (stuck or enough)
            rest = max(falling(self.done), 0 if stuck else self.least - self.done)
            self.last = self.done + (affordable if out_of_time else rest)

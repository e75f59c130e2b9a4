"""Tables of which a step reads a few rows: other rows are left alone, and catch up when they are read.

AdamW moves a row also in steps without a gradient for it, by the rest of its momentum. Without a gradient,
each step multiplies the first moment by β1 and the root of the second by √β2. So all moves since a row was
read add up to its first moment over the root of the second, times a sum that is the same for all rows that
were last read in the same step. That sum adds the rates since then, each times (β1 / √β2) to the power of the
steps between. A row that catches up gets what AdamW would have done, except for ε, and except that the
average takes all moves as made at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

REACH = 512
"""The number of steps after which momentum moves nothing: .91 to this power vanishes in a float64 sum."""


@dataclass(frozen=True)
class Table:
    """A parameter with its moments and its average, each with a row per item, and whether it is decayed."""

    value: Tensor
    first: Tensor
    second: Tensor
    average: Tensor
    decayed: bool

    def of(self, rows: Tensor) -> list[Tensor]:
        """Copies of some rows: value, first moment, second moment, and average."""
        parts = (self.value, self.first, self.second, self.average)
        return [part.detach().index_select(0, rows) for part in parts]

    def put(self, rows: Tensor, parts: list[Tensor]) -> None:
        """Write the rows that `of` returned."""
        for part, new in zip((self.value, self.first, self.second, self.average), parts, strict=True):
            part.detach().index_copy_(0, rows, new)


class Lazy:
    """Tables with the same rows, and the step that each row has reached."""

    def __init__(self, tables: list[Table], betas: tuple[float, float], epsilon: float, decay: float) -> None:
        self.tables, self.betas, self.epsilon, self.decay = tables, betas, epsilon, decay
        value = tables[0].value
        self.came = torch.zeros(len(value), dtype=torch.long, device=value.device)
        fading = torch.arange(REACH, 0, -1, dtype=torch.float64, device=value.device)
        self._fading = (betas[0] / math.sqrt(betas[1])) ** fading
        self.begin(0)

    def begin(self, step: int) -> None:
        """All rows are up to date after `step` updates."""
        self.step = self.settled = step
        self.came.fill_(step)
        # For each update: the fading sum of the rates since, the sum of the logarithms of what decay left of
        # a value, and that of what following left of an average's distance from it.
        self._since = torch.zeros(3, step + 1024, dtype=torch.float64, device=self.came.device)

    def passed(self, rows: Tensor, rate: float, follow: float) -> None:
        """Note an update of these rows only, at this rate. The averages followed by the share `follow`."""
        self.step += 1
        now = self.step
        if now >= self._since.shape[1]:
            self._since = torch.cat([self._since, torch.zeros_like(self._since)], 1)
        first, second = self.betas
        corrected = rate * math.sqrt(1 - second**now) / (1 - first**now)
        reach = min(now, REACH)
        self._since[0, now - reach : now] += corrected * self._fading[REACH - reach :]
        self._since[1, now] = self._since[1, now - 1] + math.log1p(-rate * self.decay)
        self._since[2, now] = self._since[2, now - 1] + math.log1p(-follow)
        self.came[rows] = now

    def catch_up(self, rows: Tensor) -> None:
        """Bring these rows, each given once, up to date."""
        came = self.came[rows]
        missed = (self.step - came).double()
        first, second = self.betas
        moves = self._since[0, came]
        left = (self._since[1:, self.step, None] - self._since[1:, came]).exp()
        for table in self.tables:
            value, mean, square, average = table.of(rows)
            wide = (-1,) + (1,) * (value.dim() - 1)

            def column(each: Tensor, wide: tuple[int, ...] = wide) -> Tensor:
                return each.float().view(wide)

            moved = value * column(left[0]) if table.decayed else value
            moved = moved - column(moves) * mean / (square.sqrt() + self.epsilon)
            average = moved + (average - moved) * column(left[1])
            table.put(rows, [moved, mean * column(first**missed), square * column(second**missed), average])
        self.came[rows] = self.step

    def catch_up_all(self, chunk: int = 1 << 16) -> None:
        """Bring every row up to date."""
        if self.settled == self.step:
            return
        self.settled = self.step
        for rows in torch.split(torch.arange(len(self.came), device=self.came.device), chunk):
            self.catch_up(rows)

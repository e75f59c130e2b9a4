"""AdamW with warm-up, a falling rate, clipping, and an exponential average of the weights.

The update is that of Loshchilov and Hutter, "Decoupled weight decay regularization" (2019). It is implemented
here because torch's own optimizers load torch's compiler on first use, which takes longer than a small
training.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from training.algorithms.lazy_rows import Lazy, Table
from training.algorithms.network import Network
from training.distributed.process_group import SINGLE, Gradients, ProcessGroup

WEIGHT_DECAY = 0.01
BETAS = (0.9, 0.98)
EPSILON = 1e-8
CLIP = 1.0
AVERAGE = 0.999
LAST_RATE = 0.05
"""The rate at the end, as a share of the highest rate."""

NOT_DECAYED = {"bias", "distance", "time", "start"}
"""Tables whose magnitude has a meaning. Parameters of one dimension are not decayed either."""


class Optimizer:
    """Updates a network's parameters and keeps their average over time.

    The gradients of a group's processes are averaged first.
    """

    def __init__(self, network: Network, rate: float, *, warm_up: int, group: ProcessGroup = SINGLE) -> None:
        self.network, self.rate, self.warm_up, self.group, self.steps = network, rate, warm_up, group, 0
        named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
        self.parameters: list[torch.Tensor] = [p for _, p in named]
        self.decay = [WEIGHT_DECAY if p.dim() == 2 and name not in NOT_DECAYED else 0.0 for name, p in named]
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]
        self.average = [p.detach().clone() for p in self.parameters]
        self.by_item = [i for i, (name, _) in enumerate(named) if network.lazy and name in ("ids", "bias")]
        self.lazy = self._lazy()

    def read(self, rows: Tensor | None) -> None:
        """Bring the rows of these items up to date. It must be called before a step reads them."""
        if self.lazy is not None:
            assert rows is not None, "a lazy table must not be read as a whole"
            with torch.no_grad():
                self.lazy.catch_up(rows)

    def step(self, loss: Tensor, done: float, weight: Tensor | None = None) -> None:
        """Make one update.

        `done` is how far the rate has fallen, from 0 to 1. `weight` is the weight of this process's loss in
        the group.
        """
        for parameter in self.parameters:
            parameter.grad = None
        torch.autograd.backward(loss)
        self.steps += 1
        rise = min(1.0, self.steps / (self.warm_up + 1))
        rate = self.rate * rise * max(1.0 - done * (1 - LAST_RATE), LAST_RATE)
        follow = 1 - min(AVERAGE, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            gradients = self._gradients()
            if self.group.size > 1:
                assert weight is not None, "a group needs the weight of each process"
                gradients = self.group.mean_gradients(gradients, weight)
                self.read(gradients.rows)
            self._update(gradients, rate, follow)

    def _gradients(self) -> Gradients:
        dense = [p.grad for i, p in enumerate(self.parameters) if i not in self.by_item]
        if self.lazy is None:
            return Gradients(dense)
        sparse = [g for i in self.by_item if (g := self.parameters[i].grad) is not None]
        return Gradients(dense, sparse[0]._indices()[0], [one._values() for one in sparse])

    def _update(self, found: Gradients, rate: float, follow: float) -> None:
        others = [i for i in range(len(self.parameters)) if i not in self.by_item]
        used = [i for i, gradient in zip(others, found.dense, strict=True) if gradient is not None]
        gradients = [g for g in found.dense if g is not None] + found.of_rows
        parts = [[one[i] for i in used] for one in (self.parameters, self.first, self.second, self.average)]
        values, first, second, average = parts
        decay = [self.decay[i] for i in [*used, *self.by_item]]
        lazy, rows = self.lazy, found.rows
        if lazy is not None and rows is not None:
            blocks = [table.of(rows) for table in lazy.tables]
            for part, some in zip(parts, zip(*blocks, strict=True), strict=True):
                part.extend(some)
        size = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        torch._foreach_mul_(gradients, torch.clamp(CLIP / (size + 1e-6), max=1.0))
        torch._foreach_mul_(values, [1 - rate * one for one in decay])
        torch._foreach_lerp_(first, gradients, 1 - BETAS[0])
        torch._foreach_mul_(second, BETAS[1])
        torch._foreach_addcmul_(second, gradients, gradients, 1 - BETAS[1])
        spread = torch._foreach_sqrt(second)
        torch._foreach_div_(spread, (1 - BETAS[1] ** self.steps) ** 0.5)
        torch._foreach_add_(spread, EPSILON)
        torch._foreach_addcdiv_(values, first, spread, -rate / (1 - BETAS[0] ** self.steps))
        torch._foreach_lerp_(average, [value.detach() for value in values], follow)
        if lazy is not None and rows is not None:
            for table, block in zip(lazy.tables, blocks, strict=True):
                table.put(rows, block)
            lazy.passed(rows, rate, follow)

    def settle(self) -> None:
        """Bring all rows of lazy tables up to date, before weights are read as a whole."""
        if self.lazy is not None:
            with torch.no_grad():
                self.lazy.catch_up_all()

    def averaged_network(self) -> Network:
        """A copy of the network with the averaged weights, for scoring."""
        self.settle()
        network = copy.deepcopy(self.network)
        with torch.no_grad():
            for parameter, value in zip(network.parameters(), self.average, strict=True):
                parameter.copy_(value)
        return network.eval()

    def state(self) -> dict[str, Any]:
        """The state that `restore` needs to continue."""
        self.settle()
        return {"steps": self.steps, "first": self.first, "second": self.second, "average": self.average}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a state."""
        self.steps, self.first = state["steps"], state["first"]
        self.second, self.average = state["second"], state["average"]
        self.lazy = self._lazy()

    def _lazy(self) -> Lazy | None:
        if not self.by_item:
            return None
        tables = [
            Table(self.parameters[i], self.first[i], self.second[i], self.average[i], self.decay[i] > 0)
            for i in self.by_item
        ]
        lazy = Lazy(tables, BETAS, EPSILON, WEIGHT_DECAY)
        lazy.begin(self.steps)
        return lazy

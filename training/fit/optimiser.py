"""AdamW with warm-up, linear decay, clipping, and an exponential average of the weights.

The update is that of Loshchilov and Hutter, "Decoupled weight decay regularization" (2019). It is written out
because torch's own optimisers load torch's compiler when they are first used, which takes longer than a small
training.
"""

from __future__ import annotations

import copy
from typing import Any

import torch

from training.fit.network import Network

WEIGHT_DECAY = 0.01
BETAS = (0.9, 0.98)
EPSILON = 1e-8
CLIP = 1.0
AVERAGE = 0.999
LAST_RATE = 0.05
"""The rate at the end, as a share of the highest."""

NOT_DECAYED = {"bias", "distance", "time", "start"}
"""Tables whose size means something of its own; vectors of one dimension are not decayed either."""


class Optimiser:
    """Updates a network's parameters, and keeps the average of what they were."""

    def __init__(self, network: Network, rate: float, *, warm_up: int) -> None:
        self.network, self.rate, self.warm_up, self.steps = network, rate, warm_up, 0
        named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
        self.parameters: list[torch.Tensor] = [p for _, p in named]
        self.decay = [WEIGHT_DECAY if p.dim() == 2 and name not in NOT_DECAYED else 0.0 for name, p in named]
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]
        self.average = [p.detach().clone() for p in self.parameters]

    def step(self, loss: torch.Tensor, done: float) -> None:
        """One update; `done` is the share of the training that is over."""
        for parameter in self.parameters:
            parameter.grad = None
        loss.backward()
        self.steps += 1
        rise = min(1.0, self.steps / (self.warm_up + 1))
        rate = self.rate * rise * max(1.0 - done * (1 - LAST_RATE), LAST_RATE)
        with torch.no_grad():
            self._update(rate)
            follow = 1 - min(AVERAGE, (1 + self.steps) / (10 + self.steps))
            torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], follow)

    def _update(self, rate: float) -> None:
        used = [i for i, p in enumerate(self.parameters) if p.grad is not None]
        values = [self.parameters[i] for i in used]
        gradients = [g for p in self.parameters if (g := p.grad) is not None]
        first, second = [self.first[i] for i in used], [self.second[i] for i in used]
        size = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        torch._foreach_mul_(gradients, torch.clamp(CLIP / (size + 1e-6), max=1.0))
        torch._foreach_mul_(values, [1 - rate * self.decay[i] for i in used])
        torch._foreach_lerp_(first, gradients, 1 - BETAS[0])
        torch._foreach_mul_(second, BETAS[1])
        torch._foreach_addcmul_(second, gradients, gradients, 1 - BETAS[1])
        spread = torch._foreach_sqrt(second)
        torch._foreach_div_(spread, (1 - BETAS[1] ** self.steps) ** 0.5)
        torch._foreach_add_(spread, EPSILON)
        torch._foreach_addcdiv_(values, first, spread, -rate / (1 - BETAS[0] ** self.steps))

    def averaged_network(self) -> Network:
        """A copy of the network with the averaged weights, for scoring."""
        network = copy.deepcopy(self.network)
        with torch.no_grad():
            for parameter, value in zip(network.parameters(), self.average, strict=True):
                parameter.copy_(value)
        return network.eval()

    def state(self) -> dict[str, Any]:
        """What `restore` needs to go on."""
        return {"steps": self.steps, "first": self.first, "second": self.second, "average": self.average}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.steps, self.first = state["steps"], state["first"]
        self.second, self.average = state["second"], state["average"]

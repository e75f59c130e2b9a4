"""How a training step computes: its size, its numbers, and its kernels.

Everything is off by default, on a GPU too: larger steps and half precision change what is learned, so a
training must ask for them, and `python -m benchmarks.training.gpu` shows what they gain and cost on a device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

from training.errors import BadConfigError

Function = TypeVar("Function", bound=Callable[..., Tensor])

MAX_SHAPES = 256
"""The shapes that one function is compiled for: some thirteen for each width (`batches.Static`)."""


@dataclass(frozen=True)
class Steps:
    """The settings of a step.

    `tokens` is the number of tokens of a process's batch; 0 leaves it to the amount of data. `bfloat16` is
    whether the layers multiply numbers with eight bits. Weights, sums of layers and losses stay float32.
    `compiled` is a backend of `torch.compile`, such as `inductor`, for the layers and the sampled loss; empty
    for none.
    """

    tokens: int = 0
    bfloat16: bool = False
    compiled: str = ""

    def __post_init__(self) -> None:
        if self.tokens < 0:
            raise BadConfigError(f"A step cannot have {self.tokens} tokens; 0 lets the data decide.")
        if self.compiled and self.compiled not in (known := torch.compiler.list_backends(exclude_tags=())):
            raise BadConfigError(
                f"torch has no compiler backend {self.compiled!r}; it has {', '.join(sorted(known))}."
            )

    def rate(self, rate: float, usual: int) -> float:
        """The rate of a step of this size, if `rate` is that of a step of `usual` tokens.

        It grows with the root of the size, as the noise of the gradients falls with it (Krizhevsky, "One
        weird trick for parallelizing convolutional neural networks", 2014; for Adam: Malladi et al., "On the
        SDEs and Scaling Rules for Adaptive Gradient Algorithms", 2022).
        """
        return rate * (self.tokens / usual) ** 0.5 if self.tokens else rate

    def compile(self, function: Function) -> Function:
        """The function as compiled for each shape of its arguments, if steps are compiled."""
        if not self.compiled:
            return function
        torch.compiler.config.recompile_limit = MAX_SHAPES
        return cast(Function, torch.compile(function, backend=self.compiled, dynamic=False, fullgraph=True))

    def layers(self, layers: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """The layers of a network, compiled and in half precision as the settings say. They give float32."""
        run = self.compile(layers)
        if not self.bfloat16:
            return run

        def halved(x: Tensor, *more: Any) -> Tensor:
            with torch.autocast(x.device.type, torch.bfloat16):
                return run(x, *more).float()

        return halved


USUAL = Steps()
"""Steps as they are without settings."""

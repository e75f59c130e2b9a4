"""The state of a training in one file, for a job that is restarted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from training.algorithms.course import Course
from training.algorithms.network import Network
from training.algorithms.optimizer import Optimizer

FORMAT = 3
"""Part of the fingerprint, so that a file of a release with other names of parameters is not read."""


@dataclass
class Best:
    """The averaged weights with the best objective on validation data, and after how many passes."""

    reached: float
    passes: int
    weights: list[Tensor]


class Checkpoint:
    """Writes and reads the state.

    The file is written beside and renamed, so that a job that dies while writing leaves the old one. It is
    only read by a training with the same `fingerprint`. Without a path, nothing is written or read.
    """

    def __init__(self, path: Path | None, fingerprint: str) -> None:
        self.path, self.fingerprint = path, f"{FORMAT} {fingerprint}"

    def write(self, network: Network, optimizer: Optimizer, course: Course, best: Best) -> None:
        """Write the state after the passes of the course so far."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "fingerprint": self.fingerprint,
            "network": network.state_dict(),
            "optimizer": optimizer.state(),
            "random": torch.get_rng_state(),
            "random_gpu": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
            "course": asdict(course),
            "best": best.reached,
            "best_pass": best.passes,
            "best_weights": best.weights,
        }
        beside = self.path.with_suffix(".writing")
        torch.save(state, beside)
        beside.replace(self.path)

    def read(
        self, network: Network, optimizer: Optimizer, device: torch.device
    ) -> tuple[Course, Best] | None:
        """Restore the state, and return the passes so far and the best weights. None if there is no state."""
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
        return Course(**state["course"]), Best(state["best"], state["best_pass"], state["best_weights"])

"""A program for `torchrun`: steps of two processes against the same steps of one process.

Each of the two has a batch of its own, and the one process has both. It prints the difference of the weights,
relative to their change.
"""

import numpy as np
import torch

from tastemaker.models.features import FeatureRows
from training.algorithms import network, trainer
from training.algorithms.network import Batch
from training.algorithms.optimizer import Optimizer
from training.distributed import process_group
from training.distributed.process_group import SINGLE
from training.progress import log

ITEMS, STEPS = 60, 8


def batch(seed: int, windows: int) -> Batch:
    """Random windows of 6 tokens; weights differ, so that a plain mean of means would be wrong."""
    rng = np.random.default_rng(seed)
    items = torch.from_numpy(rng.integers(0, ITEMS, (windows, 6)))
    times = torch.from_numpy(np.sort(rng.integers(0, 10**6, (windows, 6)), 1))
    weight = torch.from_numpy(rng.random(windows * 6).astype(np.float32) * (1 + 9 * (seed % 2)))
    return Batch(
        items=items,
        types=torch.zeros_like(items),
        seen=times,
        asked=times + 60,
        valid=None,
        users=torch.zeros(windows, dtype=torch.long),
        target=torch.from_numpy(rng.integers(0, ITEMS, windows * 6)),
        weight=weight,
        context=torch.zeros(windows * 6, 0, dtype=torch.long),
    )


def joined(parts: list[Batch]) -> Batch:
    """Several batches as one."""
    names = ("items", "types", "seen", "asked", "users", "target", "weight", "context")
    return Batch(valid=None, **{name: torch.cat([getattr(one, name) for one in parts]) for name in names})


def rows_of(one: Batch) -> trainer.Rows:
    """Every third item is a negative: the same in all processes, because samples would differ."""
    drawn = torch.arange(0, ITEMS, 3)
    needed, place = torch.unique(torch.cat([one.items.reshape(-1), one.target, drawn]), return_inverse=True)
    tokens, target, negative = place.split([one.items.numel(), len(one.target), len(drawn)])
    return trainer.Rows(needed, tokens.view_as(one.items), target, negative)


def trained(group: process_group.ProcessGroup, rank: int | None, *, sampled: bool) -> torch.Tensor:
    """The change of the weights after some steps.

    `rank` is the process whose batch is used, or None for one process with all batches.
    """
    torch.manual_seed(3)
    shape = network.Shape(ITEMS, 0, 0, 0, 1, width=8, window=6, dropout=0.0)
    net = network.Network(shape, FeatureRows.empty(ITEMS), FeatureRows.empty(1))
    begun = torch.cat([parameter.detach().reshape(-1).clone() for parameter in net.parameters()])
    optimizer = Optimizer(net, 0.01, warm_up=2, group=group)
    sampler = trainer.Sampler(np.ones(ITEMS, np.int64), torch.device("cpu"))
    sampler.dtype = torch.float32  # rounding to bfloat16 would depend on which events make a batch
    for step in range(STEPS):
        parts = [batch(2 * step, 3), batch(2 * step + 1, 5)]
        one = joined(parts) if rank is None else parts[rank]
        rows = rows_of(one) if sampled else None
        optimizer.read(None if rows is None else rows.needed)
        optimizer.step(sampler.loss(net, one, rows), step / STEPS, one.weight.sum())
    optimizer.settle()
    return torch.cat([parameter.detach().reshape(-1) for parameter in net.parameters()]) - begun


def main() -> None:
    group = process_group.join()
    for tables, least in (("dense", 10**9), ("lazy", 0)):
        network.LAZY_ITEMS, sampled = least, tables == "lazy"
        together, alone = trained(group, group.rank, sampled=sampled), trained(SINGLE, None, sampled=sampled)
        theirs = together.clone()
        group.synchronize([theirs])
        assert torch.equal(theirs, together), "the processes' weights differ"
        if group.rank == 0:
            apart = float((together - alone).norm() / alone.norm())
            log(f"{group.size} processes, {tables}: {apart:.6f}")
    process_group.leave()


if __name__ == "__main__":
    main()

"""The processes that train one network together: those that `torchrun` starts, on one machine or on several.

The first one leads: it alone reads the data, validates, and writes. The others wait for work of it, train on
their share of the users, and are told when to stop. Without `torchrun` there is one process, and torch's
distributed package is never used.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from training.errors import LostError

if TYPE_CHECKING:
    from torch import Tensor

LONGEST = timedelta(days=28)
"""How long a process waits for work while the first one prepares or measures: as long as a job may run."""

TOGETHER = timedelta(minutes=30)
"""How long a process waits for the others within a step. The first steps on a GPU take the longest."""

REASON = "why the training ended"


@dataclass
class Gradients:
    """Gradients of some parameters (None: it took no part), and of tables whose rows are updated lazily:
    `rows` int64[n], rising, that were read, and of each table the gradient [n, …] of those.
    """

    dense: Sequence[Tensor | None]
    rows: Tensor | None = None
    of_rows: list[Tensor] = field(default_factory=list)


class Team:
    """This process among the others; `rank` 0 leads. All methods but `explain` and `explained` raise
    LostError when another process is gone.
    """

    def __init__(self, rank: int = 0, size: int = 1, *, words: Any = None, board: Any = None) -> None:
        self.rank, self.size = rank, size
        self._words, self._board = words, board

    def tell(self, what: object) -> None:
        """The leader says something to all others, who `hear` it."""
        if self.size == 1:
            return
        import torch.distributed as dist

        with _together():
            dist.broadcast_object_list([what], 0, group=self._words)

    def hear(self) -> Any:
        """What the leader tells next, however long that takes."""
        import torch.distributed as dist

        said: list[Any] = [None]
        with _together():
            dist.broadcast_object_list(said, 0, group=self._words)
        return said[0]

    def hand_out(self, parts: Iterable[object]) -> None:
        """The leader gives each of the others something of its own, which they `receive`."""
        import torch.distributed as dist

        with _together():
            for rank, part in enumerate(parts, 1):
                dist.send_object_list([part], rank, group=self._words)

    def receive(self) -> Any:
        """What the leader hands out to this process."""
        import torch.distributed as dist

        got: list[Any] = [None]
        with _together():
            dist.recv_object_list(got, 0, group=self._words)
        return got[0]

    def align(self, tensors: Iterable[Tensor]) -> None:
        """Give these tensors the leader's values in every process."""
        import torch.distributed as dist

        with _together():
            for tensor in tensors:
                dist.broadcast(tensor.detach(), 0)

    def most(self, number: int) -> int:
        """The largest of the processes' numbers."""
        import torch
        import torch.distributed as dist

        found = torch.tensor(number)
        with _together():
            dist.all_reduce(found, dist.ReduceOp.MAX, group=self._words)
        return int(found)

    def mean(self, found: Gradients, weight: Tensor) -> Gradients:
        """The mean of the processes' gradients, each counting as much as its loss weighs; of rows those that
        any process read.
        """
        import torch
        import torch.distributed as dist

        there = [gradient for gradient in found.dense if gradient is not None]
        flat = torch.cat([*((gradient * weight).reshape(-1) for gradient in there), weight.reshape(1)])
        with _together():
            dist.all_reduce(flat)
            total = flat[-1]
            pieces = (flat[:-1] / total).split([gradient.numel() for gradient in there])
            means = iter([piece.view_as(like) for piece, like in zip(pieces, there, strict=True)])
            dense = [None if gradient is None else next(means) for gradient in found.dense]
            if found.rows is None:
                return Gradients(dense)
            wide = torch.cat([one.reshape(len(one), -1) for one in found.of_rows], 1) * weight
            rows, summed = self._united(found.rows, wide)
        columns = (summed / total).split([one[0].numel() for one in found.of_rows], 1)
        of_rows = [
            part.reshape(len(rows), *one.shape[1:]) for part, one in zip(columns, found.of_rows, strict=True)
        ]
        return Gradients(dense, rows, of_rows)

    def _united(self, rows: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """All processes' rows, each once, and the sums of their values. Added in the order of ranks, so that
        every process finds the very same.
        """
        import torch
        import torch.distributed as dist

        counts = [rows.new_zeros(1) for _ in range(self.size)]
        dist.all_gather(counts, rows.new_tensor([len(rows)]))
        sizes = [int(count) for count in counts]
        longer = max(sizes) - len(rows)
        padded = torch.cat([rows, rows.new_zeros(longer)])
        wide = torch.cat([values, values.new_zeros(longer, values.shape[1])])
        every_row = [torch.empty_like(padded) for _ in sizes]
        every_value = [torch.empty_like(wide) for _ in sizes]
        dist.all_gather(every_row, padded)
        dist.all_gather(every_value, wide)
        parts = [part[:size] for part, size in zip(every_row, sizes, strict=True)]
        union, place = torch.unique(torch.cat(parts), return_inverse=True)
        summed = values.new_zeros(len(union), values.shape[1])
        for at, part, size in zip(place.split(sizes), every_value, sizes, strict=True):
            summed.index_add_(0, at, part[:size])
        return union, summed

    def explain(self, reason: str) -> None:
        """Leave the reason why this process ends where the others find it, if none is there yet."""
        if self._board is not None:
            with contextlib.suppress(RuntimeError):  # the process that keeps the board may be gone
                self._board.compare_set(REASON, "", reason)

    def explained(self) -> str | None:
        """The reason that another process left."""
        if self._board is not None:
            with contextlib.suppress(RuntimeError):
                if self._board.check([REASON]):
                    return self._board.get(REASON).decode()
        return None


ALONE = Team()
_team = ALONE


def here() -> Team:
    """The team of this process."""
    return _team


def started() -> bool:
    """Whether `torchrun` started this process."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def join() -> Team:
    """Become one of the processes that `torchrun` started, from now on `here`; without it, stay alone."""
    global _team
    if not started() or os.environ["WORLD_SIZE"] == "1":
        return ALONE
    import torch
    import torch.distributed as dist
    from torch.distributed.rendezvous import rendezvous

    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    board, rank, size = next(iter(rendezvous("env://", timeout=TOGETHER)))
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if gpu else "gloo",
        store=dist.PrefixStore("training", board),
        rank=rank,
        world_size=size,
        timeout=TOGETHER,
    )
    _team = Team(rank, size, words=dist.new_group(backend="gloo", timeout=LONGEST), board=board)
    return _team


def leave() -> None:
    """End what `join` began."""
    global _team
    if _team.size > 1:
        import torch.distributed as dist

        dist.destroy_process_group()
        _team = ALONE


@contextlib.contextmanager
def _together() -> Iterator[None]:
    """Whatever goes wrong between processes means that another one is gone, or out of reach."""
    try:
        yield
    except RuntimeError as error:
        raise LostError(
            "Another process of the training ended without giving a reason, as one does that is killed, or "
            f"that finds no memory; or the machines do not reach each other. {type(error).__name__}: {error}"
        ) from error

"""The processes that train one model together, on one machine or several, as `torchrun` starts them.

All processes run the same program. Each has the events and attributes of its own users, and what is counted
over all users is a sum over the processes. The process with rank 0 leads: it decides what depends on a clock
or on files of its own, and it writes. Without `torchrun` there is one process with all users: every sum is
its own, and torch's distributed package is never used.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from training.errors import PeerLostError

if TYPE_CHECKING:
    from torch import Tensor

WORK_TIMEOUT = timedelta(days=28)
"""How long a process waits for the others outside of steps: as long as a job may run."""

STEP_TIMEOUT = timedelta(minutes=30)
"""How long a process waits for the others within a step. The first steps on a GPU take the longest."""

PIECE_BYTES = 64 << 20
"""The bytes of an array that are sent to the leader at a time."""

REASON = "why the training ended"

T = TypeVar("T")


@dataclass
class Gradients:
    """The gradients of a network's parameters.

    `dense` has one per parameter, None if it took no part. For tables whose rows are updated lazily, `rows`
    int64[n] are the rows that were read, rising, and `of_rows` the gradient [n, …] of those rows, one per
    table.
    """

    dense: Sequence[Tensor | None]
    rows: Tensor | None = None
    of_rows: list[Tensor] = field(default_factory=list)


class ProcessGroup:
    """This process among the others. The process with `rank` 0 leads.

    All methods but `report_failure` and `failure_reason` raise PeerLostError if another process is gone.
    """

    def __init__(self, rank: int = 0, size: int = 1, *, cpu_group: Any = None, store: Any = None) -> None:
        self.rank, self.size = rank, size
        self._cpu_group, self._store = cpu_group, store

    def sum(self, values: NDArray[Any]) -> NDArray[Any]:
        """The sums of the processes' arrays, place by place, in an array of the same type."""
        return self._reduced(values, "SUM")

    def largest(self, values: NDArray[Any]) -> NDArray[Any]:
        """The largest of the processes' values at each place."""
        return self._reduced(values, "MAX")

    def total(self, number: int | np.integer[Any]) -> int:
        """The sum of the processes' whole numbers."""
        return int(self.sum(np.array(int(number), np.int64)))

    def _reduced(self, values: NDArray[Any], how: str) -> NDArray[Any]:
        if self.size == 1:
            return values
        import torch
        import torch.distributed as dist

        found = torch.from_numpy(np.array(values))
        with _peer_errors():
            dist.all_reduce(found, getattr(dist.ReduceOp, how), group=self._cpu_group)
        return found.numpy()

    def gather(self, own: Any) -> list[Any]:
        """The objects of all processes, in the order of ranks."""
        if self.size == 1:
            return [own]
        import torch.distributed as dist

        found: list[Any] = [None] * self.size
        with _peer_errors():
            dist.all_gather_object(found, own, group=self._cpu_group)
        return found

    def joined(self, own: NDArray[Any]) -> tuple[NDArray[Any], int]:
        """The arrays of all processes as one, and where this process's begins."""
        parts = self.gather(own)
        return np.concatenate(parts), sum(map(len, parts[: self.rank]))

    def agreed(self, own: T) -> T:
        """The leader's object, in every process."""
        if self.size == 1:
            return own
        import torch.distributed as dist

        said: list[Any] = [own if self.rank == 0 else None]
        with _peer_errors():
            dist.broadcast_object_list(said, 0, group=self._cpu_group)
        return cast(T, said[0])

    def concatenate(self, own: NDArray[Any], make: Callable[[int], NDArray[Any]]) -> None:
        """Fill the leader's array `make(rows)` with the rows of all processes, in the order of ranks.

        The leader holds one piece of another process's rows at a time.
        """
        sizes = self.gather(len(own))
        piece = max(1, PIECE_BYTES // max(own.dtype.itemsize * math.prod(own.shape[1:]), 1))
        if self.rank:
            for begin in range(0, len(own), piece):
                self._send(np.array(own[begin : begin + piece]))
            return
        whole, at = make(sum(sizes)), len(own)
        whole[:at] = own
        for rank, rows in enumerate(sizes[1:], 1):
            for begin in range(0, rows, piece):
                some = np.empty((min(piece, rows - begin), *own.shape[1:]), own.dtype)
                self._receive(some, rank)
                whole[at : at + len(some)] = some
                at += len(some)

    def _send(self, array: NDArray[Any]) -> None:
        import torch
        import torch.distributed as dist

        with _peer_errors():
            dist.send(torch.from_numpy(array.reshape(-1).view(np.uint8)), 0, group=self._cpu_group)

    def _receive(self, array: NDArray[Any], rank: int) -> None:
        import torch
        import torch.distributed as dist

        with _peer_errors():
            dist.recv(torch.from_numpy(array.reshape(-1).view(np.uint8)), rank, group=self._cpu_group)

    def synchronize(self, tensors: Iterable[Tensor]) -> None:
        """Give these tensors the leader's values in every process."""
        if self.size == 1:
            return
        import torch.distributed as dist

        with _peer_errors():
            for tensor in tensors:
                dist.broadcast(tensor.detach(), 0)

    def mean_gradients(self, found: Gradients, weight: Tensor) -> Gradients:
        """The weighted mean of the processes' gradients.

        Each process counts by the weight of its loss. The rows are those that any process read.
        """
        import torch
        import torch.distributed as dist

        there = [gradient for gradient in found.dense if gradient is not None]
        flat = torch.cat([*((gradient * weight).reshape(-1) for gradient in there), weight.reshape(1)])
        with _peer_errors():
            dist.all_reduce(flat)
            total = flat[-1]
            pieces = torch.split(flat[:-1] / total, [gradient.numel() for gradient in there])
            means = iter([piece.view_as(like) for piece, like in zip(pieces, there, strict=True)])
            dense = [None if gradient is None else next(means) for gradient in found.dense]
            if found.rows is None:
                return Gradients(dense)
            wide = torch.cat([one.reshape(len(one), -1) for one in found.of_rows], 1) * weight
            rows, summed = self._sum_rows(found.rows, wide)
        columns = torch.split(summed / total, [one[0].numel() for one in found.of_rows], 1)
        of_rows = [
            part.reshape(len(rows), *one.shape[1:]) for part, one in zip(columns, found.of_rows, strict=True)
        ]
        return Gradients(dense, rows, of_rows)

    def _sum_rows(self, rows: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """All processes' rows, each once, and the sums of their values.

        They are added in the order of ranks, so that every process gets exactly the same.
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

    def report_failure(self, reason: str) -> None:
        """Leave the reason why this process ends for the others, if there is none yet."""
        if self._store is not None:
            with contextlib.suppress(RuntimeError):  # the process that keeps the board may be gone
                self._store.compare_set(REASON, "", reason)

    def failure_reason(self) -> str | None:
        """The reason that another process left, or None."""
        if self._store is not None:
            with contextlib.suppress(RuntimeError):
                if self._store.check([REASON]):
                    return str(self._store.get(REASON).decode())
        return None


SINGLE = ProcessGroup()
_current = SINGLE


def current() -> ProcessGroup:
    """The group of this process."""
    return _current


def started_by_torchrun() -> bool:
    """Whether `torchrun` started this process."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def join() -> ProcessGroup:
    """Join the processes that `torchrun` started; without it, return a group of one."""
    global _current
    if not started_by_torchrun() or os.environ["WORLD_SIZE"] == "1":
        return SINGLE
    import torch
    import torch.distributed as dist
    from torch.distributed import PrefixStore  # type: ignore[attr-defined]
    from torch.distributed.rendezvous import rendezvous

    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    store, rank, size = next(iter(rendezvous("env://", timeout=STEP_TIMEOUT)))
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if gpu else "gloo",
        store=PrefixStore("training", store),
        rank=rank,
        world_size=size,
        timeout=STEP_TIMEOUT,
    )
    _current = ProcessGroup(
        rank, size, cpu_group=dist.new_group(backend="gloo", timeout=WORK_TIMEOUT), store=store
    )
    return _current


def leave() -> None:
    """Leave the group."""
    global _current
    if _current.size > 1:
        import torch.distributed as dist

        dist.destroy_process_group()
        _current = SINGLE


@contextlib.contextmanager
def _peer_errors() -> Iterator[None]:
    """Turn any error between processes into PeerLostError: another process ended, or is out of reach."""
    try:
        yield
    except RuntimeError as error:
        raise PeerLostError(
            "Another process of the training ended without giving a reason. It may have been killed, or run "
            "out of memory, or the machines may not reach each other. "
            f"{type(error).__name__}: {error}"
        ) from error

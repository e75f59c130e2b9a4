"""Join the bundles of several processes, which differ by their users, into the leader's.

Users are in order across the processes, so the arrays of their rows are put one after the other. An array of
offsets is moved by the rows before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array
from training.distributed.process_group import ProcessGroup

OF_USERS = ("users.*.npy", "history.*.npy", "user_columns/*.npy", "model/user_features.*.npy")
OFFSETS = (".offsets.npy", ".rows.npy")
VOCABULARY = ".vocabulary."
"""Part of the names of files that are the same in all processes."""


def join(folder: Path, group: ProcessGroup) -> None:
    """Write the users of all processes into the leader's folder. Each process has its bundle in `folder`.

    The leader maps the files, and holds no other process's users in memory.
    """
    if group.size == 1:
        return
    for path in _of_users(folder):
        own = open_array(path)
        if path.name.endswith(OFFSETS):
            before = sum(group.gather(int(own[-1]))[: group.rank])
            own = own[min(group.rank, 1) :] + before
        _write(path, own, group)
    path = folder / "user_columns/columns.json"
    contents = json.loads(path.read_text(encoding="utf-8"))
    contents["rows"] = group.total(contents["rows"])
    path.write_text(json.dumps(contents, indent=1), encoding="utf-8")


def _of_users(folder: Path) -> Iterator[Path]:
    for pattern in OF_USERS:
        yield from sorted(path for path in folder.glob(pattern) if VOCABULARY not in path.name)


def _write(path: Path, own: NDArray[Any], group: ProcessGroup) -> None:
    """Replace the leader's file by the rows of all processes."""
    beside = path.with_suffix(".joining")

    def make(rows: int) -> NDArray[Any]:
        return np.lib.format.open_memmap(beside, "w+", own.dtype, (rows, *own.shape[1:]))

    group.concatenate(own, make)
    if group.rank == 0:
        beside.replace(path)

"""The bundles of two processes become one with the users of both. The processes are threads here."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from tastemaker.columns import Columns
from tastemaker.ids import Ids, save_array
from tastemaker.models.bundle import Histories
from training.distributed import process_group
from training.distributed.process_group import SINGLE, ProcessGroup
from training.output.joining import join

TYPES = {"AGE": "number", "PLAN": "categorical"}
USERS = {
    "ann": {"AGE": 20.0, "PLAN": "free"},
    "bob": {"AGE": None, "PLAN": "gold|free"},
    "cleo": {"AGE": 40.0, "PLAN": None},
    "dan": {"AGE": 50.0, "PLAN": "free|gold"},
}


class Wires:
    """What two threads send each other."""

    def __init__(self) -> None:
        self.barrier, self.gathered, self.sent = Barrier(2, timeout=20), [None, None], Queue()


class ThreadGroup(ProcessGroup):
    """A process group whose two processes are threads."""

    def __init__(self, rank: int, wires: Wires) -> None:
        super().__init__(rank, 2)
        self.wires = wires

    def gather(self, own: Any) -> list[Any]:
        self.wires.gathered[self.rank] = own
        self.wires.barrier.wait()
        found = list(self.wires.gathered)
        self.wires.barrier.wait()
        return found

    def sum(self, values: Any) -> Any:
        return np.sum(self.gather(values), axis=0)

    def _send(self, array: Any) -> None:
        self.wires.sent.put(array)

    def _receive(self, array: Any, rank: int) -> None:
        array[...] = self.wires.sent.get(timeout=20)


def write(folder: Path, users: list[str]) -> Path:
    """What a bundle has of its users: an event for each letter of the name, and a feature for an age."""
    (folder / "model").mkdir(parents=True)
    Ids.build(users).save(folder, "users")
    Columns.build(TYPES, [USERS[user] for user in users]).save(folder / "user_columns")
    lengths = [len(user) for user in users]
    items = np.concatenate([np.frombuffer(user.encode(), np.uint8) for user in users]).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    Histories(offsets, items, items.astype(np.int64), items.astype(np.int16)).save(folder)
    known = [USERS[user]["AGE"] is not None for user in users]
    offsets = np.concatenate([[0], np.cumsum(known)]).astype(np.int64)
    save_array(folder / "model/user_features.offsets.npy", offsets)
    save_array(folder / "model/user_features.codes.npy", np.zeros(offsets[-1], np.int32))
    save_array(folder / "model/item_vectors.npy", np.ones((2, 3), np.float32))
    return folder


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("piece", [1, 1 << 20])
def test_leader_gets_the_users_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(process_group, "PIECE_BYTES", piece)
    names, wires = list(USERS), Wires()
    folders = [write(tmp_path / "0", names[:2]), write(tmp_path / "1", names[2:])]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda rank: join(folders[rank], ThreadGroup(rank, wires)), range(2)))
    assert contents(folders[0]) == contents(write(tmp_path / "whole", names))
    assert json.loads((folders[0] / "user_columns/columns.json").read_text())["rows"] == 4


def test_leader_without_rows_receives_those_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_group, "PIECE_BYTES", 64)
    wires, whole = Wires(), np.zeros((5, 4), np.int64)
    parts = [whole[:0].copy(), np.arange(20).reshape(5, 4)]
    with ThreadPoolExecutor(2) as threads:
        list(
            threads.map(
                lambda rank: ThreadGroup(rank, wires).concatenate(parts[rank], lambda _: whole), range(2)
            )
        )
    assert whole.tolist() == parts[1].tolist()


def test_one_process_has_nothing_to_join(tmp_path: Path) -> None:
    before = contents(write(tmp_path / "0", list(USERS)))
    join(tmp_path / "0", SINGLE)
    assert contents(tmp_path / "0") == before

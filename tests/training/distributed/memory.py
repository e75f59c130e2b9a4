"""A program for `torchrun`: the memory that each process needs to prepare its users' events.

    memory.py SMALL LARGE

Both are lakes. After the small one was prepared, and everything is imported, the program prints by how many
megabytes the process's peak memory exceeds what it had before the large one.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.training import lake
from training.config_reader import read_config
from training.data.prepare import prepare
from training.distributed import process_group
from training.progress import log


def large_lake(root: Path, events: int) -> None:
    """Write a lake with many events of users in any order."""
    rng = np.random.default_rng(1)
    users, items = rng.integers(0, events // 20, events), rng.integers(0, 500, events)
    lake.build(root)
    table = pa.table(
        {
            "USER_ID": pa.array([f"user {user:07}" for user in users.tolist()]),
            "ITEM_ID": pa.array([lake.item(item) for item in items.tolist()]),
            "TIMESTAMP": lake.START + rng.integers(0, 10**7, events),
        }
    )
    folder = root / "groups/shop/datasets/INTERACTIONS/run"
    pq.write_table(table, folder / "part-00001.parquet", row_group_size=50_000)


def peak_restarts() -> bool:
    """Restart VmHWM of this process. False where the system cannot."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    except OSError:
        return False
    return True


def resident(what: str) -> float:
    """The process's memory in MB: VmRSS now, or VmHWM at its highest."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


def main() -> None:
    """Prepare, and print the memory that it took."""
    group = process_group.join()
    pa.set_memory_pool(pa.system_memory_pool())  # returns memory that is freed
    for root in map(Path, sys.argv[1:]):
        assert peak_restarts()
        before = resident("VmRSS")
        prepare(read_config(root / "groups/shop/training/config.json"), root, group)
    for each in group.gather(resident("VmHWM") - before):
        if group.rank == 0:
            log(f"megabytes {each:.1f}")
    process_group.leave()


if __name__ == "__main__":
    main()

"""Training by several processes: as good as by one, restartable, and ending together.

The processes are started as a platform or `torchrun` starts them.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tastemaker.models import Bundle
from tests.training import lake
from tests.training.distributed import memory
from training.output.joining import OF_USERS

ROOT = Path(__file__).parents[3]
CONFIG = "groups/shop/training/config.json"
HOSTS = ["127.0.0.1", "127.0.0.2"]
METRIC = "normalized_discounted_cumulative_gain_at_25"


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def environment(root: Path, **more: str) -> dict[str, str]:
    """The environment of a container for the machine whose folders are in `root/<machine>`."""
    out = root / more.get("SM_CURRENT_HOST", "out")
    return {
        **os.environ,
        "SM_CHANNEL_DATA": str(root),
        "SM_MODEL_DIR": str(out / "model"),
        "SM_OUTPUT_DATA_DIR": str(out / "output/data"),
        "SM_CHECKPOINT_DIR": str(out / "checkpoints"),
        "SM_INPUT_CONFIG_DIR": str(out / "config"),
        "SM_HPS": json.dumps({"config": CONFIG}),
        "SM_NUM_CPUS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def on_two_machines(root: Path) -> list[subprocess.Popen[str]]:
    """Start the same command for each machine, with a file that lists both, as the platform does."""
    port, started_by_torchrun = free_port(), []
    for host in HOSTS:
        folder = root / host / "config"
        folder.mkdir(parents=True, exist_ok=True)
        said = {"hosts": HOSTS, "current_host": host, "network_interface_name": "lo"}
        (folder / "resourceconfig.json").write_text(json.dumps(said))
        here = environment(root, SM_CURRENT_HOST=host, MASTER_PORT=port)
        started_by_torchrun.append(start(["-m", "training"], here))
    return started_by_torchrun


def two_processes(root: Path) -> list[subprocess.Popen[str]]:
    """Start what `torchrun` starts on one machine, without it."""
    shared = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    shared |= {"MASTER_PORT": free_port(), "GLOO_SOCKET_IFNAME": "lo"}
    ranks = [{"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(2)]
    return [start(["-m", "training"], environment(root, **shared, **rank)) for rank in ranks]


def said(processes: list[subprocess.Popen[str]]) -> list[str]:
    return [process.communicate(timeout=500)[0] for process in processes]


def after(process: subprocess.Popen[str], text: str) -> Iterator[str]:
    """The lines that a process prints, up to one that begins with this text."""
    assert process.stdout is not None
    for line in process.stdout:
        yield line
        if line.startswith(text):
            return


def model(folder: Path) -> dict[Path, bytes]:
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A job on two machines without a disturbance: its folder and the machines' output."""
    root = tmp_path_factory.mktemp("together")
    lake.build(root)
    processes = on_two_machines(root)
    words = said(processes)
    assert [process.returncode for process in processes] == [0, 0], words
    return root, words


def test_steps_of_two_processes_equal_one_process_with_both_batches() -> None:
    """The processes' weights differ by a factor of ten, so a mean of means would be far off."""
    lines = by_torchrun("averaging")
    apart = [float(line.split()[-1]) for line in lines if line.startswith("2 processes, ")]
    assert len(apart) == 2 and max(apart) < 1e-3


def streamed(number: int) -> dict[str, Any]:
    """An event of a session that perhaps names its user, with items and types that few users have."""
    return {
        "eventId": str(number),
        "userId": f"u{number % 60:03d}" if number % 3 else None,
        "sessionId": f"s{number % 60}",
        "itemId": lake.item(number % 24) if number % 7 else f"rare {number % 3}",
        "eventType": "buy" if number % 2 else f"rare {number % 5}",
        "eventValue": 1.0,
        "sentAt": lake.START + 2000 + number,
        "properties": json.dumps({"DEVICE": f"watch {number % 4}"}),
    }


@pytest.mark.parametrize("shards", [0, 1, 5])
def test_two_processes_prepare_and_count_what_one_process_does(tmp_path: Path, shards: int) -> None:
    """Whole numbers and texts are equal, and sums of fractions to a millionth."""
    limits = {"maximumInteractions": 1250, "maximumItems": 25}  # the streamed events have the newest items
    config = lake.build(tmp_path, [streamed(number) for number in range(300)], quotas=limits)
    if shards:
        config = lake.as_shards(tmp_path, config, shards)
    lines = by_torchrun("sharing", tmp_path, config)
    found = [dict(zip(*[iter(line.split())] * 2, strict=True)) for line in lines if line.startswith("share")]
    assert len(found) == 2
    assert sum(float(one["share"]) for one in found) == pytest.approx(1.0, abs=0.02)
    assert all(0.3 < float(one["share"]) < 0.7 for one in found)
    assert max(float(one[name]) for one in found for name in ("sums", "rows")) < 1e-6


@pytest.mark.parametrize("idle", [0, 1])
def test_process_whose_users_have_no_trained_event_takes_part(tmp_path: Path, idle: int) -> None:
    """Half of the users only view, and the model is trained on purchases."""
    few = {"minimumInteractions": 100, "minimumUsers": 10}
    lake.build(tmp_path, eventType="buy", quotas=few)
    table, half = lake.interactions(), lake.USERS * 10
    kinds = ["buy"] * half + ["view"] * half if idle else ["view"] * half + ["buy"] * half
    table = table.set_column(table.column_names.index("EVENT_TYPE"), "EVENT_TYPE", [kinds])
    pq.write_table(table, tmp_path / "groups/shop/datasets/INTERACTIONS/run/part-00000.parquet")
    processes = two_processes(tmp_path)
    words = said(processes)
    assert [process.returncode for process in processes] == [0, 0], words
    found = Bundle.open(tmp_path / "out/model")
    assert len(found.users) == lake.USERS and found.manifest["counts"]["interactions"] == half
    assert np.isfinite(found.manifest["metrics"][METRIC])


@pytest.mark.skipif(
    not memory.peak_restarts(), reason="the system cannot restart the peak of a process's memory"
)
def test_each_of_two_processes_needs_little_more_than_half_the_memory(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    lake.build(small)
    memory.large_lake(large, events=1_000_000)
    alone, *both = [
        float(line.split()[1])
        for processes in (1, 2)
        for line in by_torchrun("memory", small, large, processes=processes)
        if line.startswith("megabytes")
    ]
    assert len(both) == 2
    assert max(both) < 0.7 * alone, (alone, both)


def by_torchrun(program: str, *arguments: Path, processes: int = 2) -> list[str]:
    """The lines that a program of this folder prints, run by several processes."""
    run = ["-m", "torch.distributed.run", f"--nproc-per-node={processes}", f"--master-port={free_port()}"]
    process = start(
        [*run, "-m", f"tests.training.distributed.{program}", *map(str, arguments)],
        {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    (words,) = said([process])
    assert process.returncode == 0, words
    return words.splitlines()


def test_users_of_two_machines_are_written_as_those_of_one(together, trained) -> None:
    joined, alone = together[0] / HOSTS[0] / "model", trained("aws-user-personalization-v2").path
    there = sorted(path.relative_to(alone) for pattern in OF_USERS for path in alone.glob(pattern))
    assert len(there) > 10
    for path in there:
        assert (joined / path).read_bytes() == (alone / path).read_bytes(), path


def test_two_machines_train_one_model_as_good_as_one_machine(together, trained) -> None:
    root, words = together
    found = Bundle.open(root / HOSTS[0] / "model").manifest
    alone = trained("aws-user-personalization-v2").manifest
    assert "2 processes" in words[0] and "pass 1/" not in words[1]
    assert found["metrics"][METRIC] == pytest.approx(alone["metrics"][METRIC], abs=0.1)
    assert found["counts"] == alone["counts"]


def test_only_the_first_machine_writes(together) -> None:
    root, _ = together
    assert (root / HOSTS[0] / "checkpoints/transformer.pt").exists()
    assert model(root / HOSTS[1]).keys() == {Path("config/resourceconfig.json")}


def test_killed_job_of_two_processes_continues_and_gives_the_same_model(tmp_path: Path, together) -> None:
    lake.build(tmp_path)
    first, second = two_processes(tmp_path)
    assert any(line.startswith("pass 2/") for line in after(first, "pass 2/"))
    for process in (first, second):
        process.kill()
        process.communicate()
    again = two_processes(tmp_path)
    words = said(again)
    assert [process.returncode for process in again] == [0, 0], words
    assert "going on after pass" in words[0] and "\npass 1/" not in words[0]
    assert model(tmp_path / "out/model") == model(together[0] / HOSTS[0] / "model")


def test_killed_process_ends_the_job_with_a_reason(tmp_path: Path) -> None:
    lake.build(tmp_path, hyperParameters={"trainingPasses": "100000", "width": "16"})
    first, second = two_processes(tmp_path)
    assert any(line.startswith("pass 1/") for line in after(first, "pass 1/"))
    second.kill()
    words = said([first, second])
    assert first.returncode == 1, words
    assert "Another process of the training ended" in (tmp_path / "out/output/failure").read_text()


def test_failure_of_the_first_machine_ends_all_with_its_reason(tmp_path: Path) -> None:
    lake.build(tmp_path, eventType="view")
    processes = on_two_machines(tmp_path)
    words = said(processes)
    assert [process.returncode for process in processes] == [1, 1], words
    for host in HOSTS:
        reason = (tmp_path / host / "output/failure").read_text()
        assert "fewer than 1000 interactions after filtering by event type: view" in reason


def test_stopped_process_ends_the_job_with_that_reason(tmp_path: Path) -> None:
    lake.build(tmp_path, hyperParameters={"trainingPasses": "100000", "width": "16"})
    first, second = two_processes(tmp_path)
    assert any(line.startswith("pass 1/") for line in after(first, "pass 1/"))
    second.terminate()
    words = said([first, second])
    assert [first.returncode, second.returncode] == [1, 1], words
    assert "was stopped before it was done" in (tmp_path / "out/output/failure").read_text()
    assert all("was stopped before it was done" in one for one in words)

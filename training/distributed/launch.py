"""Start a job's processes on several machines, or on a machine with several GPUs.

The platform runs the same command on each machine and lists the machines in resourceconfig.json. `torchrun`
starts one process per GPU, or one on a machine without GPUs. The processes meet on the first machine.
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.distributed.process_group import started_by_torchrun

PORT = 29500
"""The port of the meeting point on the first machine. MASTER_PORT overrides it."""

JOIN_SECONDS = 1800
"""The seconds until the last machine must have joined. Loading the data takes different times."""


@dataclass(frozen=True)
class Machines:
    """A job's machines, the name of this one, and the number of processes of each."""

    hosts: tuple[str, ...]
    this: str
    interface: str
    processes: int

    @property
    def several(self) -> bool:
        """Whether there is more than one process to start."""
        return len(self.hosts) * self.processes > 1


def machines(folder: Path) -> Machines | None:
    """The machines that the container's configuration folder lists.

    None outside a container, and in a process that was started by `torchrun`.
    """
    file = folder / "resourceconfig.json"
    if started_by_torchrun() or not file.exists():
        return None
    said = json.loads(file.read_text(encoding="utf-8"))
    hosts = tuple(sorted(said["hosts"]))
    return Machines(hosts, said["current_host"], said.get("network_interface_name", ""), max(gpus(), 1))


def gpus() -> int:
    """The number of GPUs of this machine."""
    if not Path("/dev/nvidia0").exists():  # avoids the import of torch, which takes seconds
        return 0
    import torch

    return torch.cuda.device_count()


@dataclass(frozen=True)
class Ended:
    """Why the processes ended early. `known` is whether one of them has written the reason already."""

    reason: str
    known: bool


def launch(these: Machines, argv: Sequence[str]) -> Ended | None:
    """Run `python -m training` with these arguments in every process of this machine, and wait.

    None if all of them succeed.
    """
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as torchrun

    several = len(these.hosts) > 1
    if several and these.interface:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", these.interface)
        os.environ.setdefault("NCCL_SOCKET_IFNAME", these.interface)
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))  # torchrun would set 1
    meeting = {
        "nnodes": len(these.hosts),
        "node-rank": these.hosts.index(these.this),
        "nproc-per-node": these.processes,
        "master-addr": these.hosts[0] if several else "127.0.0.1",
        "master-port": os.environ.get("MASTER_PORT") or PORT,
        "rdzv-conf": f"timeout={JOIN_SECONDS}",
    }
    options = [f"--{name}={value}" for name, value in meeting.items()]
    try:
        torchrun([*options, "-m", "training", *argv])
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode >= 0:
            return Ended(f"Process {rank} of the training failed; its log says why.", known=True)
        return Ended(
            f"Process {rank} of the training was ended by {failure.signal_name()}. If nobody stopped it, it "
            "ran out of memory. Use a larger instance.",
            known=False,
        )
    except SignalException:
        return Ended("The training job was stopped before it was done.", known=True)
    return None

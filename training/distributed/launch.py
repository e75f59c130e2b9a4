"""Starting a job's processes where the platform gave it several machines, or a machine with several GPUs.

The platform runs the same command on each machine and says in resourceconfig.json which machines there are.
One process for each GPU, or one for a machine without, is started by `torchrun`, with the first machine's as
their meeting point. https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.distributed.process_group import started

PORT = 29500
"""Where the processes meet on the first machine; MASTER_PORT names another."""

PATIENCE = 1800
"""Seconds until the last machine must have begun: they load the data one earlier, one later."""


@dataclass(frozen=True)
class Machines:
    """The machines of a job, which of them this is, and how many processes each is to run."""

    hosts: tuple[str, ...]
    this: str
    interface: str
    processes: int

    @property
    def several(self) -> bool:
        """Whether there is more than one process to start."""
        return len(self.hosts) * self.processes > 1


def machines(folder: Path) -> Machines | None:
    """What the folder of the container's configuration says; None outside a container, and within a process
    that was started from here.
    """
    file = folder / "resourceconfig.json"
    if started() or not file.exists():
        return None
    said = json.loads(file.read_text(encoding="utf-8"))
    hosts = tuple(sorted(said["hosts"]))
    return Machines(hosts, said["current_host"], said.get("network_interface_name", ""), max(gpus(), 1))


def gpus() -> int:
    """GPUs of this machine."""
    if not Path("/dev/nvidia0").exists():  # spares the import of torch, which takes seconds
        return 0
    import torch

    return torch.cuda.device_count()


@dataclass(frozen=True)
class Ended:
    """Why the processes ended before they were done. `known`: one of them has said more, and written it."""

    reason: str
    known: bool


def launch(these: Machines, argv: Sequence[str]) -> Ended | None:
    """Run `python -m training` with these arguments in every process of this machine, and wait for them; None
    when all of them are done.
    """
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as torchrun

    several = len(these.hosts) > 1
    if several and these.interface:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", these.interface)
        os.environ.setdefault("NCCL_SOCKET_IFNAME", these.interface)
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))  # torchrun would say one
    meeting = {
        "nnodes": len(these.hosts),
        "node-rank": these.hosts.index(these.this),
        "nproc-per-node": these.processes,
        "master-addr": these.hosts[0] if several else "127.0.0.1",
        "master-port": os.environ.get("MASTER_PORT") or PORT,
        "rdzv-conf": f"timeout={PATIENCE}",
    }
    options = [f"--{name}={value}" for name, value in meeting.items()]
    try:
        torchrun([*options, "-m", "training", *argv])
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode >= 0:
            return Ended(f"Process {rank} of the training failed; its log says why.", known=True)
        return Ended(
            f"Process {rank} of the training was ended by {failure.signal_name()}. If nobody did that, it "
            "found no memory: take a larger instance.",
            known=False,
        )
    except SignalException:
        return Ended("The training job was stopped before it was done.", known=True)
    return None

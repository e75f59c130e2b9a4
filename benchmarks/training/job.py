"""CPU seconds and peak memory of a training job apart from its passes, stage by stage.

    python -m benchmarks.training.job [--events 10] [--items 100] [--users 200]

The events are those of `benchmarks.training.preparation`. The network is not trained
(`benchmarks.training.rate` measures that), which does not change the cost of the other stages. The blend and
the metrics are measured on some users and extrapolated to the number that a job asks (2,000 and 10,000). Peak
memory is the process's own. It restarts for each stage where the kernel allows it (Linux), and always
includes the prepared data.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.training.preparation import write

HELD_OUT = {"blend": 2_000, "metrics": 10_000}
"""The number of users that a job of this size asks."""


@contextlib.contextmanager
def stage(name: str, times: float = 1.0) -> Iterator[None]:
    """Print the CPU seconds, times a factor, and the peak memory of the block."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    began = time.process_time()
    yield
    seconds = (time.process_time() - began) * times
    print(f"| {name} | {seconds:,.1f} | {peak():,.1f} |", flush=True)


def peak() -> float:
    """The peak memory in GB since the stage began."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024**2
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def one(root: Path, users: int) -> None:
    """Run all stages in this process."""
    import torch

    from tastemaker.models.sequence import SequenceModel
    from training.algorithms import blend, factors, linear, transformer, transitions, validation
    from training.algorithms.network import Network
    from training.config_reader import read_config
    from training.data import report
    from training.data.prepare import prepare
    from training.data.split import Cases, test_cases, validation_cases, without
    from training.output import evaluate
    from training.output.bundle_writer import export
    from training.pipelines.base import fitted_model
    from training.pipelines.sequence import PARTS, SequencePipeline
    from training.progress import StopSignal

    torch.set_num_threads(1)
    config = read_config(root / "config.json")
    with stage("prepare"):
        prepared = prepare(config, root)
    items, data = len(prepared.items), prepared.sequences
    with stage("report of the data"):
        report.describe(config, prepared)
    plan = transformer.Plan(seconds=1.0).for_data(len(data.items))
    with stage("hold out"):
        cases = test_cases(data, 0)
        training = prepared.with_sequences(without(data, cases, whole=True))
        valid = validation_cases(training.sequences, 0)
    with stage("beginning of item vectors"):
        factors.fit(data, items, plan.width)
    with stage("transitions"):
        transitions.fit(data, items)
    with stage("linear"):
        linear.fit(data, items)
    network = Network(transformer.shape_for(prepared, plan), prepared.item_features, prepared.user_features)
    with stage("validation after a pass"):
        validation.validated(network, prepared, Cases(valid.users[:500], valid.shown[:500]))
    parts = {name: {"weight": 1.0, "halfLife": 5.0} for name in PARTS}
    fitted = SequencePipeline(config, None, StopSignal())._assemble(training, [network], parts)
    with fitted_model(fitted, training, config) as model:
        assert isinstance(model, SequenceModel)
        few = Cases(valid.users[:users], valid.shown[:users])
        with stage("blend", min(len(valid), HELD_OUT["blend"]) / len(few)):
            blend.choose(model, prepared, few)
        few = Cases(cases.users[:users], cases.shown[:users])
        with stage("metrics", min(len(cases), HELD_OUT["metrics"]) / len(few)):
            evaluate.evaluate(evaluate.scorer(model, prepared), prepared, few)
    with stage("export"):
        export(fitted, prepared, config, root / "model")


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=float, default=10, help="millions of events")
    parser.add_argument("--items", type=float, default=100, help="thousands of items")
    parser.add_argument("--users", type=int, default=200, help="users that the blend and the metrics look at")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one, arguments.users)
        return
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), int(arguments.events * 1e6), int(arguments.items * 1e3))
        command = [sys.executable, "-m", "benchmarks.training.job", "--users", str(arguments.users)]
        print("| stage | CPU seconds | peak, GB |\n| --- | ---: | ---: |", flush=True)
        subprocess.run([*command, "--one", folder], check=True)


if __name__ == "__main__":
    main()

"""The training job's entry point, under SageMaker's container contract or by hand.

    python -m training --config config.json --data lake/ --model-dir model/

Several processes can train one network together: start them with `torchrun --nproc-per-node 2 -m training …`.
In a container with several machines or GPUs, the job starts them itself.

In a container everything comes from the platform: the channel `data` (SM_CHANNEL_DATA), the hyperparameter
`config` (the configuration's path within the channel), SM_MODEL_DIR and /opt/ml/checkpoints. If the job
fails, it writes the reason to the file `failure` beside the output, where DescribeTrainingJob reads it, and
exits with code 1.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

from training.config import Config
from training.distributed import launch, process_group
from training.errors import BadConfigError, PeerLostError, TrainingError
from training.progress import StopSignal, log, mute, quiet_threads

ML = Path("/opt/ml")
MAX_REASON_CHARACTERS = 1024
"""The characters of the `failure` file that DescribeTrainingJob shows."""


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line, with the platform's environment as defaults."""
    parser = argparse.ArgumentParser(
        prog="python -m training",
        description="Train a recommender from Parquet data and write a model bundle.",
        epilog="Inside a SageMaker training job no option is needed.",
    )
    parser.add_argument(
        "--config", type=Path, help="config.json (default: the hyperparameter `config`, within the data)"
    )
    parser.add_argument(
        "--data", type=Path, default=_path("SM_CHANNEL_DATA", ML / "input/data/data"), help="the data"
    )
    parser.add_argument(
        "--model-dir",
        type=Path,
        default=_path("SM_MODEL_DIR", ML / "model"),
        help="where the bundle is written",
    )
    parser.add_argument(
        "--checkpoints",
        type=Path,
        default=_path("SM_CHECKPOINT_DIR", ML / "checkpoints")
        if ML.is_dir() or "SM_CHECKPOINT_DIR" in os.environ
        else None,
        help="where state is kept for a restart (default: none outside a container)",
    )
    parser.add_argument("--threads", type=int, default=0, help="processor threads (default: all cores)")
    return parser.parse_args(argv)


def _path(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default)


def config_path(args: argparse.Namespace) -> Path:
    """The path of the configuration. Raises BadConfigError."""
    if args.config is not None:
        return Path(args.config)
    text = os.environ.get("SM_HPS")
    if not text:
        file = ML / "input/config/hyperparameters.json"
        text = file.read_text(encoding="utf-8") if file.exists() else "{}"
    key = json.loads(text).get("config")
    if not key:
        raise BadConfigError(
            "The hyperparameter `config` is missing. It must name config.json within the channel `data`."
        )
    return Path(args.data) / str(key).strip('"')


def model_folder(args: argparse.Namespace) -> Path:
    """The folder of the bundle: the model directory itself."""
    return Path(args.model_dir)


def failure_file() -> Path | None:
    """The file in which the platform looks for the reason of a failure. None outside a container."""
    output = os.environ.get("SM_OUTPUT_DATA_DIR")
    if output:
        return Path(output).parent / "failure"
    return ML / "output/failure" if (ML / "output").is_dir() else None


def main(argv: list[str] | None = None) -> int:
    """Run the job, or one process of it, and return the exit code."""
    args = arguments(argv)
    machines = launch.machines(_path("SM_INPUT_CONFIG_DIR", ML / "input/config"))
    if machines is None or not machines.several:
        return _process(args)
    ended = launch.launch(machines, sys.argv[1:] if argv is None else argv)
    return 0 if ended is None else _fail(ended.reason, known=ended.known)


def _process(args: argparse.Namespace) -> int:
    stop = StopSignal()
    stop.listen()
    try:
        threads = args.threads or quiet_threads()
        quiet_threads()
        from training.job import run
        from training.pipelines.registry import kind_of

        group = process_group.join()
        _limit_threads(threads)
        config = _configured(args)
        together = kind_of(config).shares_users
        with _follower(group) as own_folder:
            if own_folder is None:
                only = group if together else process_group.SINGLE
                folder = model_folder(args)
                run(config, args.data, folder, checkpoints=args.checkpoints, stop=stop, group=only)
            elif together:
                run(config, args.data, own_folder, checkpoints=None, stop=stop, group=group)
        group.agreed(None)  # all processes end together, so that a failure of one ends all
        process_group.leave()
    except PeerLostError as error:
        return _fail(process_group.current().failure_reason() or str(error), known=True)
    except TrainingError as error:
        return _fail(str(error))
    except Exception as error:  # whatever it is, a person must be able to read why
        traceback.print_exc()
        return _fail(f"Training ended with an unexpected error: {type(error).__name__}: {error}")
    return 0


@contextlib.contextmanager
def _follower(group: process_group.ProcessGroup) -> Iterator[Path | None]:
    """A folder for the bundle of a process that follows the leader, and whose log is muted. None to lead."""
    if not group.rank:
        yield None
        return
    mute()
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _configured(args: argparse.Namespace) -> Config:
    from training.config_reader import read_config

    return read_config(config_path(args))


def _limit_threads(threads: int) -> None:
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)


def _fail(reason: str, *, known: bool = False) -> int:
    """Log and write why the job ends.

    `known` is whether another process may have written a better reason already.
    """
    process_group.current().report_failure(reason)
    log(f"failed: {reason}", always=True)
    path = failure_file()
    if path is not None and not (known and path.exists()):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(reason[:MAX_REASON_CHARACTERS], encoding="utf-8")
    return 1


if __name__ == "__main__":
    code = main()
    if code and process_group.current().size > 1:
        # The connections to the other processes are broken. Closing them would end this process by a signal.
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)

"""`python -m local`: the service on this machine, in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from local.http.server import HttpServer, PortInUseError
from local.small_model import text_model

if TYPE_CHECKING:
    from local.emulator import Emulator


def parser() -> argparse.ArgumentParser:
    """The command line of `python -m local`."""
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="Tastemaker on this machine: the synthesized CDK app on moto, one HTTP endpoint for "
        "every AWS service. No AWS account, no Docker. Without --state, nothing is kept.",
    )
    _add_endpoint(parser)
    _add_stack(parser)
    _add_state(parser)
    parser.add_argument("--verbose", action="store_true", help="show requests and the functions' logs")
    return parser


def _add_endpoint(parser: argparse.ArgumentParser) -> None:
    """Options that say where the run listens, and to whom it answers."""
    parser.add_argument(
        "--port",
        type=_port,
        default=os.environ.get("PORT") or "4566",
        help="port of 127.0.0.1 (default $PORT or 4566; 0 takes a free one)",
    )
    parser.add_argument(
        "--listen",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address to listen at (default 127.0.0.1, which only this machine reaches). In a container, "
        "0.0.0.0 lets its host reach it. Signatures are not verified: let nobody else reach the port",
    )
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a site whose pages may call Personalize's API here, such as http://localhost:3000 (repeatable)",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a further name of this machine, such as host.docker.internal (repeatable)",
    )
    parser.add_argument(
        "--strict-signatures",
        action="store_true",
        help="refuse requests that are signed for personalize instead of execute-api, as API Gateway does: "
        "a client without the overlay gets 403",
    )


def _add_stack(parser: argparse.ArgumentParser) -> None:
    """Options that say what is deployed, and with which limits."""
    parser.add_argument(
        "--stage",
        default="local",
        help="the stage of cdk.json to run, such as lite for events without a stream (default local)",
    )
    parser.add_argument(
        "--assembly",
        type=Path,
        help="a ready cloud assembly (a cdk.out folder), instead of app.py's",
    )
    parser.add_argument(
        "--concurrency",
        type=int,
        default=1000,
        metavar="N",
        help="Lambda invocations that the account may have in progress (default 1000; a new account has 10)",
    )


def _add_state(parser: argparse.ArgumentParser) -> None:
    """Options that say what the run keeps, and who writes texts."""
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="continue from the state in this directory, and keep the state there (created if it is missing)",
    )
    parser.add_argument(
        "--seed",
        type=Path,
        metavar="FILE",
        help="start with what python -m local.snapshot wrote, unless the directory of --state has a state",
    )
    parser.add_argument(
        "--text-model",
        type=text_model,
        metavar="NAME",
        help="who writes texts: smollm2-135m or the path of a GGUF file for a small model in this run "
        "(docs/generative.md), templates for none; by default the stage's generation.model",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number up to 65535, or 0 for any")
    return int(text)


def _emulator(server: HttpServer, options: argparse.Namespace) -> Emulator:
    """The run that the command line describes."""
    from local.emulator import Emulator
    from local.http.access import Access
    from local.terminal import Terminal

    return Emulator(
        server=server,
        assembly=options.assembly,
        stage=options.stage,
        terminal=Terminal(verbose=options.verbose),
        warm=True,
        access=Access(hosts=options.allow_host, origins=options.allow_origin),
        concurrency=options.concurrency,
        strict_signatures=options.strict_signatures,
        state=options.state,
        seed=options.seed,
        text_model=options.text_model,
    )


def _ready_text(emulator: Emulator, state: Path | None) -> str:
    """What the user reads when the run is ready."""
    from local.emulator import export_line

    kept = f"the next run with --state {state} continues here" if state else "nothing is kept"
    return (
        f"\nready  {emulator.endpoint}\n\n"
        f"The console, in your browser: {emulator.endpoint}/\n"
        f"Any boto3 program, the AWS CLI or an SDK, in another terminal:\n"
        f"  {export_line(emulator)}\n"
        f"  aws personalize list-recipes\n"
        f"Ctrl-C ends the run; {kept}."
    )


def main(argv: list[str] | None = None) -> int:
    """Run until a signal. Returns 0 after a clean end, 1 if the run could not start."""
    options = parser().parse_args(argv)
    ended = threading.Event()
    started = False

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()
        if not started:
            raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    print("Tastemaker, local run", flush=True)
    try:
        server = HttpServer(options.port, options.listen)
    except PortInUseError as error:
        print(
            f"{error}\nChoose another port: make local PORT=4599 (or python -m local --port 4599), "
            f"or find the process that uses it: lsof -i :{options.port}",
            file=sys.stderr,
        )
        return 1
    from local.assembly import SynthesisError  # imported late, because moto takes seconds to import
    from local.provision import ProvisionError
    from local.state.directory import StateError

    emulator = _emulator(server, options)
    try:
        emulator.start()
    except (SynthesisError, ProvisionError, StateError) as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 1
    started = True
    print(_ready_text(emulator, options.state), flush=True)
    ended.wait()
    print("ending …", flush=True)
    emulator.stop()
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Threads of executions and connections may still be waiting for something; their children are gone.
    os._exit(code)

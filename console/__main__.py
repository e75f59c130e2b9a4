"""`python -m console`: the console on this machine, for a local run or a deployment."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import webbrowser

from botocore.exceptions import BotoCoreError, ClientError

from console.target import Target, local_target, session_of
from tastemaker.contracts.api_endpoint import API_URL, LOCAL_ENDPOINT, is_local, outputs_of, stack_name

EXAMPLES = """examples:
  python -m console                                a local run on port 4566
  python -m console --endpoint http://127.0.0.1:4599
  python -m console --stage prod --profile shop    a deployment, with your credentials

The console answers on 127.0.0.1 only. Whoever can open it acts with your credentials."""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = argparse.ArgumentParser(
        prog="python -m console",
        description="The console of Tastemaker, in your browser.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--endpoint", help=f"URL of a local run or of the API (default $AWS_ENDPOINT_URL or {LOCAL_ENDPOINT})"
    )
    made.add_argument("--stage", help="the stage of a deployment, whose stack tastemaker-STAGE has the URL")
    made.add_argument("--profile", help="a profile of your AWS configuration")
    made.add_argument("--region", help="the region of the deployment")
    made.add_argument(
        "--port", type=int, default=8766, help="port of 127.0.0.1 (default 8766; 0 takes a free one)"
    )
    made.add_argument("--open", action="store_true", help="open the browser")
    return made


def target_of(options: argparse.Namespace) -> Target:
    """Where the console sends its calls. Raises LookupError if a stage has no URL."""
    given = options.endpoint or ("" if options.stage or options.profile else _from_environment())
    if not options.stage and not options.profile and is_local(given or LOCAL_ENDPOINT):
        return local_target(given or LOCAL_ENDPOINT, options.region or "us-east-1")
    session = session_of(profile=options.profile, region=options.region)
    endpoint = given or _endpoint_of(session, options.stage)
    return Target(session, endpoint, serves_aws=is_local(endpoint))


def _from_environment() -> str:
    return os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT_URL_PERSONALIZE") or ""


def _endpoint_of(session: object, stage: str | None) -> str:
    if not stage:
        raise LookupError("Give the --stage of the deployment, or the --endpoint of its API.")
    client = session.client("cloudformation")  # type: ignore[attr-defined]
    (stack,) = client.describe_stacks(StackName=stack_name(stage))["Stacks"]
    return outputs_of(stack)[API_URL]


def main(argv: list[str] | None = None) -> int:
    """Serve until Ctrl-C. Returns 0 after a clean end, 1 if the console cannot start."""
    options = parser().parse_args(argv)
    import uvicorn  # imported late, so that --help is quick

    from console.app import create_app

    try:
        target = target_of(options)
        listener = socket.create_server(("127.0.0.1", options.port))
    except (LookupError, ClientError, BotoCoreError) as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"cannot start: port {options.port} of 127.0.0.1 cannot be used: {error.strerror}. "
            "Choose another one with --port, or 0 for any.",
            file=sys.stderr,
        )
        return 1
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    print(f"Console of {target.endpoint}\n\nready  {address}\n\nCtrl-C ends it.", flush=True)
    if options.open:
        webbrowser.open(address)
    uvicorn.Server(uvicorn.Config(create_app(target), log_level="warning")).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())

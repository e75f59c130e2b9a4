"""Prepare an account and region for the CDK, once: `python -m deployment.bootstrap --stage dev`.

Runs the pinned `cdk bootstrap` for the stage's account and region, or for those of the caller. The account is
named explicitly, so that the CDK does not synthesize the app first, which would package every function.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deployment.command import ERROR, SUCCESS, CommandError, Console, main, parser
from infrastructure.stage import Stage, load

CDK = Path(__file__).resolve().parent.parent / "node_modules" / ".bin" / "cdk"


def target(stage: Stage, session: Any) -> str:
    """The environment to bootstrap, as the CDK names it: `aws://<account>/<region>`.

    Raises CommandError if neither the stage nor the caller's configuration gives an account and a region.
    """
    region = stage.region or session.region_name
    if not region:
        raise CommandError(
            "No region is known.", "Set AWS_DEFAULT_REGION, or the setting region of the stage in cdk.json."
        )
    account = stage.account
    if not account:
        try:
            account = session.client("sts", region_name=region).get_caller_identity()["Account"]
        except (BotoCoreError, ClientError) as error:
            raise CommandError(
                f"The account of the caller is not known: {error}",
                "Sign in (aws sso login, or aws configure), or set the setting account of the stage.",
            ) from error
    return f"aws://{account}/{region}"


def command(environment: str, cdk: Path, extra: Sequence[str]) -> list[str]:
    """The command line. Raises CommandError if the pinned CDK is not installed."""
    if not cdk.exists():
        raise CommandError(f"The CDK command line is not installed ({cdk}).", "Run: npm ci")
    return [str(cdk), "bootstrap", environment, *extra]


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Bootstrap the environment of the stage."""
    environment = target(load(arguments.stage), boto3.Session())
    line = command(environment, arguments.cdk, arguments.extra)
    console.progress(f"Preparing {environment} for the CDK …")
    # The CDK's app is started with the first python3 of the path: let that be this one.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    code = subprocess.run(line, env={**os.environ, "PATH": path}, check=False).returncode
    if arguments.json:
        console.json({"environment": environment, "bootstrapped": code == 0})
    if code:
        console.progress(
            "Error: cdk bootstrap failed.\n  Read its message above; `make preflight` names what is missing."
        )
    return SUCCESS if code == 0 else ERROR


def arguments() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = parser("deployment.bootstrap", "Prepare an AWS account and region for the CDK, once.")
    made.add_argument("--stage", default="dev", help="the stage of cdk.json (default: dev)")
    made.add_argument("--cdk", type=Path, default=CDK, help="the CDK command line (default: the pinned one)")
    made.add_argument("extra", nargs="*", help="more arguments of cdk bootstrap, after --")
    return made


if __name__ == "__main__":
    sys.exit(main(arguments(), run))

"""Commands that run modules of a checkout: the local run, the console, and those around a deployment."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

import click

from cli import checkout
from cli.errors import CommandError

PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


def _module(name: str, module: str, summary: str) -> click.Command:
    """A command that passes its arguments, with `--help`, to a module of the checkout."""

    @click.command(name, context_settings=PASS_ON, help=summary, short_help=summary)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: Sequence[str]) -> int:
        return checkout.run(module, arguments)

    return command


local = _module("local", "local", "Run the whole service on this machine until Ctrl-C.")
snapshot = _module("snapshot", "local.snapshot", "Write the state of a local run to a file.")
smoke = _module(
    "smoke", "deployment.smoke", "Test a deployment as a client, from an import to a deleted user."
)
cost = _module("cost", "deployment.cost", "Estimate what a stage costs each month.")
preflight = _module("preflight", "deployment.preflight", "Find what an AWS account lacks for a deployment.")


@click.command(context_settings=PASS_ON, short_help="Open the console in a browser.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def console(arguments: Sequence[str]) -> int:
    """Open the console on this machine: data, models, lists and events in a browser."""
    if importlib.util.find_spec("console") is not None and importlib.util.find_spec("starlette") is not None:
        import runpy

        sys.argv = ["tastemaker console", *arguments]
        try:
            runpy.run_module("console", run_name="__main__", alter_sys=False)
        except SystemExit as end:
            return int(end.code or 0)
        return 0
    return checkout.run("console", arguments)


@click.command()
@click.option("--stage", default="dev", show_default=True, help="The stage of cdk.json.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def deploy(stage: str, arguments: Sequence[str]) -> int:
    """Deploy a stage into your AWS account with the CDK.

    ARGUMENTS after `--` go to `cdk deploy`.

    \b
    Examples:
      tastemaker deploy --stage dev
      tastemaker deploy --stage prod -- --require-approval never
    """
    import os
    import subprocess
    from pathlib import Path

    folder = checkout.folder()
    cdk = folder / "node_modules" / ".bin" / "cdk"
    if not cdk.exists():
        raise CommandError(f"The checkout {folder} has no CDK yet.", f"Install it: npm ci --prefix {folder}")
    bin_folder = Path(checkout.python(folder)).parent
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    line = [str(cdk), "deploy", "--context", f"stage={stage}", *arguments]
    return subprocess.run(line, cwd=folder, env=environment, check=False).returncode

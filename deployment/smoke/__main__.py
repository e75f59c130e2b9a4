"""`python -m deployment.smoke`: use a deployment as a client does, and check each result."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections.abc import Sequence

from deployment.command import FINDINGS, SUCCESS, Console, main, parser
from deployment.smoke import target
from deployment.smoke.context import Context
from deployment.smoke.local_run import started
from deployment.smoke.runner import Step, report, run, selected
from deployment.smoke.shop import Shop
from deployment.smoke.steps import STEPS
from infrastructure.stage import load

DESCRIPTION = """Test a deployment: import 1,200 rows, train, recommend, send events, train again, run batch
jobs, export, delete a user, and remove everything.

With AWS_ENDPOINT_URL, a local run is tested, whatever its stage; --stage local starts one if none answers."""
LOCAL = "local"


def arguments() -> argparse.ArgumentParser:
    """The command's arguments."""
    steps = "\n".join(f"  {step.name:17} {step.title}" for step in STEPS)
    made = parser("deployment.smoke", DESCRIPTION, f"steps:\n{steps}")
    made.add_argument("--stage", default="dev", help="the stage of cdk.json (default: dev)")
    made.add_argument("--region", default="", help="the region (default: the stage's, or the caller's)")
    made.add_argument("--only", default="", help="steps, separated by commas; what they need runs too")
    made.add_argument("--keep", action="store_true", help="keep what the run created, to look at it")
    made.add_argument("--role", default="", help="ARN of a role to use instead of a new one")
    made.add_argument(
        "--recipe",
        default="aws-user-personalization-v2",
        help="the recipe of the campaign (default: %(default)s)",
    )
    made.add_argument("--wait-minutes", type=float, default=60, help="longest wait for one job (default: 60)")
    return made


def smoke(options: argparse.Namespace, console: Console) -> int:
    """Find the deployment, run the steps, report."""
    steps = selected(STEPS, [name.strip() for name in options.only.split(",") if name.strip()])
    stage = load(options.stage)
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if options.stage == LOCAL or endpoint:
        with started(endpoint, console) as found:
            return _test(options, console, target.local(found), steps)
    return _test(options, console, target.deployed(stage, options.region), steps)


def _test(options: argparse.Namespace, console: Console, found: target.Target, steps: Sequence[Step]) -> int:
    name = f"smoke-{secrets.token_hex(4)}"
    console.progress(f"Testing stage {found.stage.name} at {found.api_url} as {name}")
    context = Context(
        target=found,
        console=console,
        run=name,
        recipe=options.recipe,
        wait_seconds=60 * options.wait_minutes,
        shop=Shop(name, int(time.time())),
        given_role=options.role,
    )
    results = run(steps, context, keep=options.keep)
    if options.json:
        members = [vars(result) for result in results]
        console.json({"stage": found.stage.name, "run": name, "steps": members})
    else:
        console.result(report(results))
    return FINDINGS if any(result.outcome == "failed" for result in results) else SUCCESS


if __name__ == "__main__":
    sys.exit(main(arguments(), smoke))

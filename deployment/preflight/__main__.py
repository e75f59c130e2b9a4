"""`python -m deployment.preflight`: what an account lacks before a stage can be deployed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from functools import cache

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deployment.command import FINDINGS, SUCCESS, CommandError, Console, main, parser
from deployment.preflight import permissions, quotas, region, stack
from deployment.preflight.finding import Account, Check, Finding, ask
from deployment.synthesis import synthesize
from infrastructure.stage import load

CHECKS: Mapping[str, Check] = {
    "Node.js": region.node,
    "region": region.opted_in,
    "services": region.services,
    "training image": region.training_image,
    "CDK bootstrap": stack.bootstrap,
    "permissions": permissions.permissions,
    "stack": stack.stack,
    "own key": stack.own_key,
    "training instances": quotas.training_instances,
    "Spark": quotas.spark_cores,
    "Lambda concurrency": quotas.lambda_concurrency,
    "Lambda memory": quotas.lambda_memory,
}
DESCRIPTION = """Check an account and a region before a deployment: quotas, region, bootstrap, permissions.

Nothing is changed. The caller needs read access to the services that are asked. What the caller may not ask
is reported as unknown."""


def account_of(stage_name: str, region_name: str, session: boto3.Session) -> Account:
    """The caller's account and the template of the stage.

    Raises CommandError if the caller is not known or is not in the stage's account.
    """
    stage = load(stage_name)
    chosen = region_name or stage.region or session.region_name
    if not chosen:
        raise CommandError("No region is known.", "Set AWS_DEFAULT_REGION, or give --region.")

    @cache
    def client(service: str) -> object:
        untyped: object = session.client(service, region_name=chosen)  # type: ignore[call-overload]
        return untyped

    try:
        identity = session.client("sts", region_name=chosen).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise CommandError(
            f"The caller is not known in {chosen}: {error}",
            "Sign in (aws sso login, or aws configure), and check that the region is enabled.",
        ) from error
    if stage.account and stage.account != identity["Account"]:
        raise CommandError(
            f"Stage {stage_name} belongs to account {stage.account}. The caller is in {identity['Account']}.",
            "Sign in to that account, or change the setting account in cdk.json.",
        )
    return Account(synthesize(stage_name), chosen, identity["Account"], identity["Arn"], client)


def findings(account: Account, checks: Mapping[str, Check] = CHECKS) -> list[Finding]:
    """The findings of all checks."""
    return [finding for name, check in checks.items() for finding in ask(name, check, account)]


def report(account: Account, found: Sequence[Finding]) -> str:
    """The findings as text, what is missing last."""
    lines = [f"Stage {account.template.stage.name} in account {account.account}, {account.region}", ""]
    order = ("ok", "unknown", "warning", "missing")
    for finding in sorted(found, key=lambda one: order.index(one.status)):
        lines.append(f"{finding.status:8} {finding.check}: {finding.text}")
        if finding.status != "ok":
            lines += [f"{'':8} {text}" for text in (finding.remedy, finding.link) if text]
    counts = {status: sum(one.status == status for one in found) for status in reversed(order)}
    lines += ["", ", ".join(f"{count} {status}" for status, count in counts.items() if count)]
    return "\n".join(lines)


def arguments() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = parser("deployment.preflight", DESCRIPTION)
    made.add_argument("--stage", default="dev", help="the stage of cdk.json (default: dev)")
    made.add_argument("--region", default="", help="the region (default: the stage's, or the caller's)")
    return made


def run(options: argparse.Namespace, console: Console, session: boto3.Session | None = None) -> int:
    """Ask the account and show the findings. `session` is the caller's, unless one is given."""
    console.progress(f"Checking the account for stage {options.stage} …")
    account = account_of(options.stage, options.region, session or boto3.Session())
    found = findings(account)
    if options.json:
        members = [vars(finding) for finding in found]
        where = {"stage": options.stage, "account": account.account, "region": account.region}
        console.json({**where, "findings": members})
    else:
        console.result(report(account, found))
    return FINDINGS if any(finding.status == "missing" for finding in found) else SUCCESS


if __name__ == "__main__":
    sys.exit(main(arguments(), run))

"""Perform a plan: refuse what is impossible, ask about losses, and show the progress."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Sequence
from typing import Any

import click

from cli.errors import CommandError
from cli.output import Output

MAX_NAMED = 3
"""The number of resources up to which a question names what each of them loses."""


def check_allowed(output: Output, plan: Any, *, replacement: bool, deletion: bool) -> None:
    """Refuse impossible changes, and ask about losses that no option allows.

    Raises CommandError if a change is impossible or a loss is not confirmed.
    """
    from tastemaker.declaration.plan import DELETE

    check_possible(output, plan, "changed")
    replaced = [step for step in plan.steps if step.loses and step.action != DELETE]
    if replaced and not replacement:
        confirm(output, replaced, "--allow-replacement")
    if plan.of(DELETE) and not deletion:
        confirm(output, plan.of(DELETE), "--yes")


def check_possible(output: Output, plan: Any, done: str) -> None:
    """Name the steps that are refused. Raises CommandError if there is one."""
    from tastemaker.declaration.plan import REFUSAL

    refused = plan.of(REFUSAL)
    for one in refused:
        output.note(f"  {one.one.place}: {one.id}: {'; '.join(one.reasons)}", "")
    if refused:
        raise CommandError(f"Nothing was {done}, because this is not possible.")


def confirm(output: Output, steps: Sequence[Any], option: str) -> None:
    """Ask on a terminal whether to delete. Raises CommandError if the answer is not `yes`."""
    lost = "; ".join(
        f"{step.title} loses {step.loses}" if step.loses else f"{step.title} is deleted" for step in steps
    )
    if len(steps) > MAX_NAMED:
        lost = f"{len(steps)} resources are deleted with their data"
    if sys.stdin.isatty() and not output.as_json:
        output.note(f"This cannot be undone: {lost}.", "red")
        if click.prompt("Type yes to go on", default="no", err=True) == "yes":
            return
    raise CommandError(f"Nothing was changed, because {lost}.", f"Give {option} if that is meant.")


def perform(output: Output, api: Any, plan: Any, *, wait: bool, seconds: float) -> Any:
    """Execute a plan with its progress on standard error."""
    from cli.declarations.output import show_progress
    from tastemaker.declaration.file.applying import Applying, Limits

    limits = Limits(wait=wait, seconds=seconds)
    applying = Applying(
        api,
        plan,
        limits=limits,
        clock=time.monotonic,
        sleep=time.sleep,
        report=functools.partial(show_progress, output),
    )
    try:
        return applying.run()
    except KeyboardInterrupt:
        output.note(
            "What was started goes on in the service. Run the same command again to go on with the rest."
        )
        raise

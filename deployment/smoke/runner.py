"""Runs steps in order, skips what depends on a failed one, and reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from deployment.command import CommandError, table
from deployment.smoke.context import CheckError, Context

Outcome = Literal["passed", "failed", "skipped"]
CLEANUP = "cleanup"


@dataclass(frozen=True)
class Step:
    """A part of the smoke test. `run` returns what was checked, in one sentence, or raises."""

    name: str
    title: str
    run: Callable[[Context], str]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """How a step ended. `text` is what was checked, or why it failed or was skipped."""

    step: str
    outcome: Outcome
    seconds: float
    text: str


def selected(steps: Sequence[Step], only: Sequence[str]) -> list[Step]:
    """The steps named in `only`, with what they need and the cleanup; all steps if it is empty.

    Raises CommandError if a name is unknown.
    """
    by_name = {step.name: step for step in steps}
    if unknown := [name for name in only if name not in by_name]:
        raise CommandError(f"There is no step {', '.join(unknown)}.", f"Choose from: {', '.join(by_name)}.")
    wanted: set[str] = set()
    waiting = list(only) or list(by_name)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += by_name[name].needs
    return [step for step in steps if step.name in wanted or step.name == CLEANUP]


def run(steps: Sequence[Step], context: Context, *, keep: bool = False) -> list[Result]:
    """Run the steps. The cleanup runs even if a step failed or the user interrupts, unless `keep`."""
    results: list[Result] = []
    interrupted: KeyboardInterrupt | None = None
    for step in steps:
        if step.name == CLEANUP and keep:
            results.append(Result(step.name, "skipped", 0.0, f"--keep: everything of {context.run} stays"))
            continue
        outcomes = {result.step: result.outcome for result in results}
        if step.name != CLEANUP and interrupted is not None:
            results.append(Result(step.name, "skipped", 0.0, "the run was interrupted"))
            continue
        if reason := _missing(step, outcomes):
            results.append(Result(step.name, "skipped", 0.0, reason))
            continue
        context.console.progress(f"{step.name}: {step.title} …")
        began = time.monotonic()
        outcome: Outcome = "passed"
        try:
            text = step.run(context)
        except (CheckError, CommandError, ClientError, BotoCoreError, OSError) as error:
            outcome, text = "failed", _reason(error)
        except KeyboardInterrupt as error:
            outcome, text, interrupted = "failed", "interrupted", error
        result = Result(step.name, outcome, time.monotonic() - began, text)
        results.append(result)
        context.console.progress(f"  {result.outcome} after {result.seconds:.1f} s: {result.text}")
    return results


def _missing(step: Step, outcomes: Mapping[str, Outcome]) -> str:
    """Why the step cannot run, or an empty text. The cleanup removes whatever there is."""
    bad = [need for need in step.needs if outcomes.get(need) != "passed"]
    return f"needs {', '.join(bad)}" if bad and step.name != CLEANUP else ""


def _reason(error: Exception) -> str:
    if isinstance(error, CommandError):
        return f"{error.problem} {error.remedy}"
    return str(error) or type(error).__name__


def report(results: Sequence[Result]) -> str:
    """The results as a table, and a last line that says whether the deployment works."""
    rows = [("step", "result", "seconds", "what was checked")]
    rows += [(one.step, one.outcome, f"{one.seconds:.1f}", one.text) for one in results]
    failed = [one.step for one in results if one.outcome == "failed"]
    skipped = [one.step for one in results if one.outcome == "skipped"]
    last = f"All {sum(one.outcome == 'passed' for one in results)} steps passed."
    if failed:
        last = f"Failed: {', '.join(failed)}. docs/aws-assumptions.md names the assumptions of each step."
    if skipped:
        last += f" Skipped: {', '.join(skipped)}."
    return f"{table(rows, right=(2,))}\n\n{last}"

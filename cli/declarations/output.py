"""What a plan, its execution and its result look like."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from cli.output import Output, printable, state
from tastemaker.declaration.desired import Difference
from tastemaker.declaration.file.api import STACK, Api, described, name_in
from tastemaker.declaration.file.applying import BLOCKED, FAILED, Outcome, Progress
from tastemaker.declaration.file.planning import Plan, PlannedStep
from tastemaker.declaration.plan import CREATE, DELETE, NOTHING, REFUSAL, REPLACEMENT, UPDATE

MARKS = {
    CREATE: ("+  ", "green"),
    UPDATE: ("~  ", "yellow"),
    REPLACEMENT: ("-/+", "red"),
    DELETE: ("-  ", "red"),
    REFUSAL: ("!  ", "bold red"),
    NOTHING: ("   ", "dim"),
}
SUMMARY = {
    CREATE: "{} to create",
    UPDATE: "{} to update",
    REPLACEMENT: "{} to replace",
    DELETE: "{} to delete",
    REFUSAL: "{} not possible",
    NOTHING: "{} as declared",
}
FOR_PROGRAMS = ("campaigns", "recommenders", "eventTrackers", "filters")
"""Sections whose resources a program names in its requests."""
MAX_CHARACTERS = 60
"""The length of values that are shown in one line."""


def show_plan(output: Output, plan: Plan, *, hint: bool = True) -> None:
    """Print what changes, why, what is lost, and a summary."""
    for step in plan.steps:
        if step.action != NOTHING or step.reasons:
            _show_step(output, step)
    counts = {action: len(plan.of(action)) for action in SUMMARY}
    parts = [text.format(counts[action]) for action, text in SUMMARY.items() if counts[action]]
    output.line()
    output.line(f"Plan: {', '.join(parts) or 'nothing'}.", "bold")
    if plan.others:
        more = " --prune deletes what may be deleted." if hint and plan.has_prunable else ""
        output.line(
            f"In the dataset group, but not declared: {', '.join(plan.named_others)}.{more}", "yellow"
        )
    if plan.notice:
        output.warn(f"Nothing undeclared is deleted, because {plan.notice}")


def _show_step(output: Output, step: PlannedStep) -> None:
    mark, style = MARKS[step.action]
    place = step.one.place if step.one else ""
    named = f"  {step.name}" if step.one and not step.id.endswith(f".{step.name}") else ""
    line = Text.assemble(
        (f"{mark} {step.action:8}", style), f"  {printable(step.title)}", (printable(named), "dim")
    )
    output.out.print(line.append(f"  {place}" if place and step.action != DELETE else "", "dim"))
    for difference in step.differences:
        for text, color in _lines(difference):
            output.line(f"       {text}", color)
    for reason in step.reasons:
        output.line(f"       {reason}", "dim" if step.action != REFUSAL else "red")
    if step.loses:
        output.line(f"       loses {step.loses}", "red")


def _lines(difference: Difference) -> Iterator[tuple[str, str]]:
    """The lines of a difference: one for short values, otherwise the lines that differ."""
    before, after = _readable(difference.before), _readable(difference.after)
    if len(before) <= MAX_CHARACTERS and len(after) <= MAX_CHARACTERS and "\n" not in before + after:
        yield f"{difference.path}: {before or '(none)'} → {after or '(none)'}", ""
        return
    yield f"{difference.path}:", ""
    for line in difflib.ndiff(before.splitlines(), after.splitlines()):
        if line[:1] in "+-":
            yield f"  {line}", "green" if line[0] == "+" else "red"


def _readable(value: Any) -> str:
    """A value as text. JSON in a text, such as a schema, is indented like an object."""
    if value is None:
        return ""
    content: Any = value
    if isinstance(value, str):
        if not value.startswith("{"):
            return value
        try:
            content = json.loads(value)
        except ValueError:
            return value
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """A plan for programs."""
    return {
        "steps": [_step_as_json(step) for step in plan.steps],
        "notDeclared": [
            {"type": one.resource_type, "arn": one.arn, "declaredBy": one.body.get(STACK)}
            for one in plan.others
        ],
        "summary": {action: len(plan.of(action)) for action in SUMMARY},
    }


def _step_as_json(step: PlannedStep) -> dict[str, Any]:
    return {
        "action": step.action,
        "id": step.id,
        "type": step.type,
        "name": step.name,
        "arn": step.record.arn if step.record else None,
        "place": step.one.place if step.one else None,
        "differences": [
            {"path": one.path, "before": one.before, "after": one.after} for one in step.differences
        ],
        "reasons": list(step.reasons),
        "loses": step.loses,
    }


def show_progress(output: Output, progress: Progress) -> None:
    """Print what happened to a step, to standard error."""
    style = "red" if progress.state in (FAILED, BLOCKED) else "dim" if not progress.state else ""
    output.note(f"  {progress.step.title:32} {progress.text}", style)


def existing_now(api: Api, plan: Plan, outcome: Outcome) -> list[dict[str, Any]]:
    """What exists of a declaration after its plan was performed."""
    found = []
    for step in plan.steps:
        arn = outcome.arns.get(step.id)
        record = described(api, step.type, arn) if arn else None
        if record is not None:
            one = {"id": step.id, "name": name_in(step.type, record.body), "status": record.status}
            tracking = {"trackingId": record.body["trackingId"]} if "trackingId" in record.body else {}
            found.append({**one, "arn": record.arn, **tracking})
    return found


def show_existing(output: Output, found: list[dict[str, Any]]) -> None:
    """Print what exists, and then what programs need: the ARNs of endpoints and filters, and tracking IDs."""
    rows = [[one["id"], one["name"], state(one["status"] or "")] for one in found]
    output.table(["declared", "name", "status"], rows)
    if any((one["status"] or "").endswith(("PENDING", "IN_PROGRESS")) for one in found):
        output.note("What is pending goes on in the service. The same command with --wait waits for it.")
    used = [one for one in found if one["id"].partition(".")[0] in FOR_PROGRAMS]
    if used:
        output.heading("For your program")
    for one in used:
        output.line(f"{one['id']}: {one.get('trackingId') or one['arn']}")


def show_failures(output: Output, plan: Plan, outcome: Outcome, command: str) -> None:
    """Print what failed, why, what was therefore not started, and how to go on."""
    places: Mapping[str, str] = {step.id: step.one.place for step in plan.steps if step.one}
    for id, reason in outcome.failures.items():
        output.note(f"{id} failed ({places.get(id, 'not declared')}):", "bold red")
        output.note(f"  {reason}", "")
    blocked = [id for id, ended in outcome.states.items() if ended == BLOCKED]
    if blocked:
        output.note(f"Not started because of that: {', '.join(blocked)}.", "")
    output.note(
        "Everything else stays as it is. Correct the cause and run the same command again: "
        f"{command} goes on where it stopped."
    )

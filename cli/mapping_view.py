"""The mapping of a file and the report of its conversion, for people."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from rich.text import Text

from cli.output import Output
from cli.training import SHORT_NAMES
from tastemaker.detection.attribute import Attribute
from tastemaker.detection.conversion import Keyed, Prepared
from tastemaker.detection.detecting import Detected
from tastemaker.detection.mapping import NOUNS
from tastemaker.detection.report import Supported, supported

SHOWN_SKIPPED = 5


def show_mapping(output: Output, detected: Detected) -> None:
    """Show what each column is, and what is not used."""
    mapping, tables = detected.mapping, detected.interactions.tables
    names = tables[0].input.short_name + (f" and {len(tables) - 1} more files" if len(tables) > 1 else "")
    export = f" · {mapping.export}" if mapping.export else ""
    output.heading(f"{names}{export}")
    output.line(f"{tables[0].shape}", "dim")
    output.line()
    output.table(["is", "column", "for example"], _roles(detected), indent=2)
    attributes = [
        *[("item", one) for one in mapping.item_attributes],
        *[("user", one) for one in mapping.user_attributes],
        *[("context", one) for one in mapping.context],
    ]
    rows = [[of, one.column, one.field.name, _type(one)] for of, one in attributes]
    for keyed in detected.keyed:
        rows += _keyed(keyed)
    if rows:
        output.line()
        output.table(["describes", "column", "becomes", "as"], rows, indent=2)
    _left_out(output, detected)
    for role, others in mapping.others.items():
        output.line(f"  Could also be {NOUNS[role]}: {', '.join(others)} (--{role}-column NAME).", "yellow")
    form = mapping.time_format
    if form is not None and form.also:
        output.line(
            f"  The dates could also be {form.also}: --time-format {form.also!r} reads them so.", "yellow"
        )
    if not mapping.time:
        output.line("  There is no time: the order of the rows is taken as the order of events.", "yellow")
    for note in mapping.notes:
        output.line(f"  {note}", "yellow")


def _roles(detected: Detected) -> list[list[str]]:
    mapping, profiles = detected.mapping, detected.profiles

    def examples(name: str) -> str:
        return ", ".join(text.replace("\n", " ")[:40] for text in profiles[name].examples[:2])

    found = []
    for role, names in (("user", mapping.user or ("",)), ("item", mapping.item)):
        for place, name in enumerate(names):
            label = "otherwise" if place else role
            found.append([label, name or "– (the folder of the file)", examples(name) if name else ""])
    if mapping.time and mapping.time_format is not None:
        zone = "" if mapping.time_format.has_zone or mapping.zone == "UTC" else f", {mapping.zone}"
        first = profiles[mapping.time].examples[0]
        seconds = mapping.time_format.read(pa.array([first]), mapping.zone)[0].as_py()
        read = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds)) if seconds is not None else "?"
        found.append(["time", mapping.time, f"{first} = {read}  ({mapping.time_format.name}{zone})"])
        if mapping.clock:
            found.append(["time of day", mapping.clock, examples(mapping.clock)])
    else:
        found.append(["time", "–", ""])
    if mapping.event:
        found.append(["event type", mapping.event, examples(mapping.event)])
    else:
        found.append(["event type", f"– (all are {mapping.event_name!r})", ""])
    if mapping.value:
        found.append(["event value", mapping.value, examples(mapping.value)])
    return found


def _keyed(keyed: Keyed) -> list[list[str]]:
    noun = keyed.dataset.removesuffix("S").lower()
    names = keyed.tables[0].input.short_name
    rows = [[noun, f"{names}: {keyed.key}", f"{noun.upper()}_ID", "the ID"]]
    return rows + [[noun, f"{names}: {one.column}", one.field.name, _type(one)] for one in keyed.attributes]


def _type(one: Attribute) -> str:
    if one.field.item_name:
        return "the name of the item"
    if one.field.textual:
        return "free text"
    if one.field.name == "CREATION_TIMESTAMP":
        return "the time of creation"
    if one.separator:
        return "categories, several"
    return "category" if one.field.categorical else one.field.type


def _left_out(output: Output, detected: Detected) -> None:
    reasons: dict[str, list[str]] = {}
    for one in detected.left_out:
        reasons.setdefault(one.why, []).append(one.column)
    if reasons:
        output.line()
        rows = [[", ".join(columns), why] for why, columns in reasons.items()]
        output.table(["left out", "because"], rows, indent=2, folded=[0])
    for name, why in detected.skipped[:SHOWN_SKIPPED]:
        output.line(f"  Not used: {name}: {why}", "dim")
    if (more := len(detected.skipped) - SHOWN_SKIPPED) > 0:
        output.line(f"  … and {more} more files", "dim")


def show_report(output: Output, prepared: Prepared, folder: Path) -> None:
    """Show what was kept and dropped, and which recipes the data support."""
    report = prepared.report
    output.heading(
        f"{report.kept:,} interactions of {len(report.users):,} users with {len(report.items):,} items"
        f"{_span(report.first, report.last) if report.has_times else ''}"
    )
    events = ", ".join(f"{name} {count:,}" for name, count in report.events.most_common(6))
    output.line(f"  {events}", "dim")
    for dropped in sorted(report.dropped.values(), key=lambda one: -one.rows):
        share = dropped.rows / max(report.rows, 1)
        output.line(f"  {dropped.rows:,} rows dropped ({share:.1%}): {dropped.reason}", "yellow")
        for example in dropped.examples[:2]:
            output.line(f"    {example}", "dim")
    for warning in report.warnings:
        output.line(f"  {warning}", "yellow")
    repeated = [one for one, count in report.users.most_common(1) if count > 0.2 * report.kept > 100]
    for user in repeated:
        output.line(f"  {user!r} has more than a fifth of all interactions: is it a test account?", "yellow")
    output.line(f"  The files and schemas are in {folder}/", "dim")
    output.line()
    if report.lacks:
        output.line(f"  Too few to learn from: {'; '.join(report.lacks)}.", "yellow")
        return
    rows: Sequence[Sequence[str | Text]] = [
        [
            Text("yes", "green") if not one.reason else Text("no", "yellow"),
            one.title,
            one.reason or f"{one.recipe}{_request(one)}",
        ]
        for one in supported(report)
    ]
    output.table(["", "can learn", ""], rows, indent=2, folded=[2])


def _request(one: Supported) -> str:
    return f", on request: --recipe {SHORT_NAMES[one.recipe]}" if one.on_request else ""


def _span(first: int | None, last: int | None) -> str:
    if first is None or last is None:
        return ""
    return ", {} to {}".format(*(time.strftime("%Y-%m-%d", time.gmtime(at)) for at in (first, last)))

"""Files of the user → files that an import reads, with the mapping shown and corrected on the way."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from cli.errors import CommandError
from cli.mapping_view import show_mapping, show_report
from cli.output import Output
from cli.progress import counting
from tastemaker.detection.conversion import Conversion, Prepared
from tastemaker.detection.detecting import Detected, Files, detect
from tastemaker.detection.inputs import DetectionError
from tastemaker.detection.mapping import Overrides
from tastemaker.detection.opening import Reading
from tastemaker.detection.writing import schema_of

ROLES = ("user", "item", "time", "event", "value")


@dataclass(frozen=True)
class Given:
    """What the user gives: files, and what is said about them."""

    files: Files
    overrides: Overrides
    reading: Reading


def data_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the files and the options about them. It receives a Given as `given`."""

    @click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
    @click.option("--items", type=click.Path(path_type=Path), help="File with attributes of items.")
    @click.option("--users", type=click.Path(path_type=Path), help="File with attributes of users.")
    @_column_options
    @_reading_options
    @functools.wraps(command)
    def with_data(
        *arguments: Any,
        files: Sequence[Path],
        items: Path | None,
        users: Path | None,
        overrides: Overrides,
        reading: Reading,
        **options: Any,
    ) -> Any:
        return command(*arguments, given=Given(Files(files, items, users), overrides, reading), **options)

    return with_data


def _column_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that correct the mapping. The command receives them as `overrides`."""

    @click.option("--user-column", default="", metavar="NAME", help="Column of the user. `-`: there is none.")
    @click.option("--item-column", default="", metavar="NAME", help="Column of the item.")
    @click.option(
        "--time-column", default="", metavar="NAME", help="Column of the time. `-`: the rows are in order."
    )
    @click.option("--event-column", default="", metavar="NAME", help="Column of the event type. `-`: none.")
    @click.option("--value-column", default="", metavar="NAME", help="Column of the event value. `-`: none.")
    @click.option(
        "--event-type", default="", metavar="TEXT", help="Event type of data without a column for it."
    )
    @click.option(
        "--time-format", default="", metavar="NAME", help="Such as `day/month/year` or `milliseconds`."
    )
    @click.option(
        "--timezone", default="UTC", metavar="ZONE", help="Zone of times without one. [default: UTC]"
    )
    @click.option("--ignore", multiple=True, metavar="COLUMN", help="Leave out a column (repeatable).")
    @functools.wraps(command)
    def with_columns(
        *arguments: Any,
        event_type: str,
        time_format: str,
        timezone: str,
        ignore: Sequence[str],
        **options: Any,
    ) -> Any:
        columns = {role: text for role in ROLES if (text := options.pop(f"{role}_column"))}
        overrides = Overrides(columns, time_format, timezone, tuple(ignore), event_type)
        return command(*arguments, overrides=overrides, **options)

    return with_columns


def _reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how files are read. The command receives them as `reading`."""

    @click.option("--encoding", default="", metavar="NAME", help="Encoding, such as cp1252.")
    @click.option(
        "--separator", default="", metavar="TEXT", help="What separates cells, such as `;` or `tab`."
    )
    @click.option("--header/--no-header", default=None, help="Whether the first row names the columns.")
    @functools.wraps(command)
    def with_reading(
        *arguments: Any, encoding: str, separator: str, header: bool | None, **options: Any
    ) -> Any:
        named = {"tab": "\t", "\\t": "\t"}.get(separator, separator)
        return command(*arguments, reading=Reading(encoding, named, header), **options)

    return with_reading


def _check_folder(files: Files, folder: Path) -> None:
    """The output must not replace an input, so its folder has none. Raises CommandError."""
    target = folder.resolve()
    for given in filter(None, (*files.interactions, files.items, files.users)):
        if target in (given.resolve(), given.resolve().parent):
            raise CommandError(
                f"The folder {folder} holds {given}, which prepared files could replace.",
                "Name another folder with --out.",
            )


def prepare(given: Given, folder: Path, output: Output, *, ask: bool) -> tuple[Detected, Prepared]:
    """Detect, show the mapping, let the user correct it, and write the files into `folder`.

    Raises CommandError.
    """
    _check_folder(given.files, folder)
    try:
        detected = _agreed(given, output, ask=ask)
        with counting(output, "Reading rows") as progress:
            prepared = Conversion(folder, progress=progress).run(detected.interactions, detected.keyed)
    except DetectionError as error:
        raise CommandError(error.problem, error.remedy) from error
    for dataset_type, fields in prepared.fields.items():
        schema = folder / f"{dataset_type.lower()}.schema.json"
        schema.write_text(schema_of(dataset_type, fields) + "\n", encoding="utf-8")
    if not output.as_json:
        show_report(output, prepared, folder)
    if not prepared.report.kept:
        raise CommandError(
            "No row can be imported.", "The reasons are above; correct the mapping or the file."
        )
    return detected, prepared


def _agreed(given: Given, output: Output, *, ask: bool) -> Detected:
    while True:
        detected = detect(given.files, given.overrides, given.reading)
        if output.as_json:
            return detected
        show_mapping(output, detected)
        if not ask:
            return detected
        corrections = _asked(output)
        if not corrections:
            return detected
        given = replace(given, overrides=_corrected(given.overrides, corrections))


def _asked(output: Output) -> Mapping[str, str]:
    """What the user wants to correct: role → column. Empty if the mapping is right."""
    output.line()
    text = click.prompt(
        "Press Enter to go on, or correct it, such as user=email, time=-, ignore=notes",
        default="",
        show_default=False,
        err=True,
    )
    found = {}
    for part in text.split(","):
        role, equals, column = part.strip().partition("=")
        if part.strip() and (not equals or role.strip() not in (*ROLES, "ignore", "format", "zone")):
            output.warn(
                f"{part.strip()!r} is not understood; the names are {', '.join(ROLES)}, ignore, format, zone."
            )
        elif equals:
            found[role.strip()] = column.strip()
    return found


def _corrected(overrides: Overrides, corrections: Mapping[str, str]) -> Overrides:
    columns = {**overrides.columns, **{role: name for role, name in corrections.items() if role in ROLES}}
    ignored = (*overrides.ignored, *([corrections["ignore"]] if "ignore" in corrections else []))
    return replace(
        overrides,
        columns=columns,
        ignored=ignored,
        time_format=corrections.get("format", overrides.time_format),
        zone=corrections.get("zone", overrides.zone),
    )

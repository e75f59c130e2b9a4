"""Paths of a user → what is in them, and what it means."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.detection.attribute import LeftOut
from tastemaker.detection.attributes import ITEMS, USERS, attributes_of_keyed
from tastemaker.detection.conversion import Interactions, Keyed, float_ids
from tastemaker.detection.delimited import Delimited
from tastemaker.detection.exports import headerless_names, recognize
from tastemaker.detection.inputs import DetectionError, Input, find
from tastemaker.detection.mapping import (
    ColumnMapping,
    Overrides,
    find_roles,
    key_column,
    likelihood,
    with_attributes,
)
from tastemaker.detection.naming import ITEM, USER
from tastemaker.detection.opening import Reading, open_table
from tastemaker.detection.profiles import Profile, filled_cells, profile, sample
from tastemaker.detection.reshaping import ROW, Reshaped, reshape, unpivot
from tastemaker.detection.tables import Table


@dataclass
class Detected:
    """What the files of a user are. `skipped` names files that are not used, with the reasons."""

    interactions: Interactions
    profiles: dict[str, Profile]
    keyed: list[Keyed] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def mapping(self) -> ColumnMapping:
        """The mapping of the interactions."""
        return self.interactions.mapping


@dataclass(frozen=True)
class Files:
    """The paths that a user gives. `items` and `users` are files about them, if there are any."""

    interactions: Sequence[Path]
    items: Path | None = None
    users: Path | None = None


def detect(files: Files, overrides: Overrides | None = None, reading: Reading | None = None) -> Detected:
    """Find out what is in files. Raises DetectionError, which says what the user can do."""
    overrides = overrides or Overrides()
    skipped: list[tuple[str, str]] = []
    groups = _groups(files.interactions, reading, skipped)
    chosen = max(groups, key=lambda group: (likelihood(group[0].columns), _size(group)))
    others = [group for group in groups if group is not chosen]
    tables, one, profiles = _interactions(chosen, overrides)
    mapping = find_roles(
        list(profiles), profiles, one, overrides, single_user=_may_be_one_user(chosen, overrides)
    )
    mapping = with_attributes(mapping, one, profiles, overrides)
    if len(_folders(tables)) > 1:
        mapping = replace(mapping, notes=())
    found = Detected(
        Interactions(
            tables,
            mapping,
            user_of_table=None if mapping.user else _user_of(tables),
            float_ids=float_ids(one, (*mapping.user, *mapping.item)),
        ),
        profiles,
        left_out=list(mapping.left_out),
        skipped=skipped,
    )
    for dataset, path in ((ITEMS, files.items), (USERS, files.users)):
        if path is not None:
            opened = _groups([path], reading, skipped)
            _add_keyed(found, max(opened, key=_size), one, dataset, overrides, must=True)
    for group in sorted(others, key=_size, reverse=True):
        _add_other(found, group, one, overrides)
    return found


def _groups(
    paths: Sequence[Path], reading: Reading | None, skipped: list[tuple[str, str]]
) -> list[list[Table]]:
    """The tables at paths, those with the same columns together."""
    groups: dict[tuple[str, ...], list[Table]] = defaultdict(list)
    problem: DetectionError | None = None
    for path in paths:
        inputs, others = find(path)
        skipped += [(name, "it is no data") for name in others]
        for given in inputs:
            try:
                table = _named(open_table(given, reading))
            except DetectionError as error:
                problem = problem or error
                skipped.append((given.short_name, error.problem.removeprefix(given.name).strip(" :.")))
                continue
            table = unpivot(table)
            groups[tuple(sorted(table.columns))].append(table)
    if not groups:
        assert problem is not None
        raise problem
    return list(groups.values())


def _named(table: Table) -> Table:
    """The table with the names of a well-known file that has no header."""
    if isinstance(table, Delimited) and not table.named:
        table.columns = headerless_names(table.input.short_name, len(table.columns)) or table.columns
    return table


def _interactions(
    tables: list[Table], overrides: Overrides
) -> tuple[Sequence[Table], pa.Table, dict[str, Profile]]:
    """The tables with one row for each interaction, a sample, and its profiles."""
    one = sample(tables)
    profiles = _profiles(one)
    roles = find_roles(list(profiles), profiles, one, overrides, single_user=True)
    once = [*roles.user, *([roles.time] if roles.time else [])]
    made = [reshape(table, one, roles.item[0], roles.order, once) for table in tables]
    if any(new is not old or isinstance(new, Reshaped) for new, old in zip(made, tables, strict=True)):
        one = sample(made)
        profiles = _profiles(one)
    return made, one, profiles


def _profiles(one: pa.Table) -> dict[str, Profile]:
    return {name: found for name, found in profile(one).items() if name != ROW}


def _may_be_one_user(tables: Sequence[Table], overrides: Overrides) -> bool:
    if overrides.columns.get(USER) == "-":
        return True
    export = recognize(tables[0].columns)
    return export is not None and export.name.startswith("Spotify")


def _user_of(tables: Sequence[Table]) -> Callable[[Table], str]:
    """The user of a table without a column for users: its folder, if there are several."""
    folders = _folders(tables)

    def user(table: Table) -> str:
        return _folder(table.input) if len(folders) > 1 else "me"

    return user


def _folders(tables: Sequence[Table]) -> set[str]:
    return {_folder(table.input) for table in tables}


def _folder(given: Input) -> str:
    return given.member.rpartition("/")[0].rpartition("/")[2] if given.member else given.path.parent.name


def _size(tables: Sequence[Table]) -> int:
    return sum(_bytes(table.input) for table in tables)


def _bytes(given: Input) -> int:
    if not given.member:
        return given.path.stat().st_size
    with zipfile.ZipFile(given.path) as archive:
        return archive.getinfo(given.member).file_size


def _add_other(found: Detected, tables: list[Table], interactions: pa.Table, overrides: Overrides) -> None:
    """Use a further file of a folder for items or users, or say why not."""
    names = ", ".join(table.input.short_name for table in tables[:3])
    taken = {one.dataset for one in found.keyed}
    is_keyed = not likelihood(tables[0].columns)
    for dataset in (ITEMS, USERS):
        if (
            is_keyed
            and dataset not in taken
            and _add_keyed(found, tables, interactions, dataset, overrides, must=False)
        ):
            return
    why = "it has no column with the IDs of items or users, or several rows for each"
    if not is_keyed:
        why = "another file has the interactions"
    found.skipped.append((names, why))


def _add_keyed(
    found: Detected,
    tables: list[Table],
    interactions: pa.Table,
    dataset: str,
    overrides: Overrides,
    *,
    must: bool,
) -> bool:
    role = ITEM if dataset == ITEMS else USER
    names = found.mapping.item if role == ITEM else found.mapping.user
    if not names:
        return False
    known = pc.unique(filled_cells(interactions.column(names[0])))
    if names[0] in found.interactions.float_ids:
        known = pc.replace_substring_regex(known, r"\.0$", "")
    one = sample(tables)
    profiles = _profiles(one)
    key = key_column(list(profiles), profiles, one, role, known)
    if key is None:
        if must:
            raise DetectionError(
                f"No column of {tables[0].input.name} has IDs of {role}s that occur in the interactions.",
                f"The interactions have, for example, {', '.join(known.slice(0, 3).to_pylist())}.",
            )
        return False
    others = [name for name in profiles if name != key]
    attributes = attributes_of_keyed(profiles, others, dataset, overrides.ignored)
    found.left_out += attributes.left_out
    if attributes.of(dataset):
        found.keyed.append(Keyed(tables, key, attributes.of(dataset), dataset, key in float_ids(one, [key])))
    return bool(attributes.of(dataset))

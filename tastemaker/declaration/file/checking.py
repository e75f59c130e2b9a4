"""The check of a declaration before any call: the shapes of the API, and the control plane's own rules."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tastemaker.declaration import rehearsal
from tastemaker.declaration.declarations import Declaration, DeclaredResource, Ref, resolved
from tastemaker.declaration.file.document import Document, Path, Problem
from tastemaker.declaration.file.sections import BY_TYPE, Section
from tastemaker.errors import InvalidInput
from tastemaker.wire.parsing import read

_SPARE_ARN = "arn:aws:personalize:us-east-1:000000000000:solution/declared/00000000"
_PATH = re.compile(r"at '([\w.]+)'")
REHEARSED = " (latest version)"
"""The end of the ID of a version that stands for the one that automatic training makes."""


def problems(document: Document, declaration: Declaration) -> list[Problem]:
    """What the service would refuse, each with its line. Rules are tried only on correct shapes."""
    resources = declaration.resources.values()
    found = [problem for one in resources for problem in _shapes(document, declaration, one)]
    if found:
        return found
    try:
        refused = rehearsal.problems(rehearsed(declaration))
    except InvalidInput as error:  # a circle
        return [Problem(document.place(), str(error))]
    return [Problem(_place(document, declaration, one.id, one.message), one.message) for one in refused]


def rehearsed(declaration: Declaration) -> Declaration:
    """What a rehearsal can create: without what depends on resources that are not declared.

    Solutions get a version, because automatic training makes one.
    """
    left: dict[str, DeclaredResource] = {}
    for one in declaration.ordered():
        references = BY_TYPE[one.type].type.references
        outside = any(isinstance(one.properties.get(name), str) for name in references)
        if outside or not one.needs <= left.keys():
            continue
        left[one.id] = one
        if one.type == "Solution":
            name = f"{one.id}{REHEARSED}"
            left[name] = DeclaredResource(name, "SolutionVersion", {"solutionArn": Ref(one.id)}, one.place)
    versions = tuple(name for name in left if name.endswith(REHEARSED))
    return Declaration.of(
        replace(one, after=(*one.after, *versions)) if one.type.startswith("Batch") else one
        for one in left.values()
    )


def _shapes(document: Document, declaration: Declaration, one: DeclaredResource) -> Iterator[Problem]:
    section = BY_TYPE[one.type]
    for path, name, known in _unknown(one.properties, section.type.shape, ()):
        close = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}."
        spelled = _spellings(document, *_key(one.id), section, str(path[0]))
        place = document.place(*_key(one.id), *spelled, *path[1:])
        yield Problem(place, f"There is no property {name!r} here; {hint}")
    arns = dict.fromkeys((ref for ref in one.needs), _SPARE_ARN)
    try:
        read(resolved(one.properties, arns), section.type.shape)
    except InvalidInput as error:
        yield Problem(_place(document, declaration, one.id, str(error)), str(error))


def _unknown(value: Any, shape: Any, path: Path) -> Iterator[tuple[Path, str, list[str]]]:
    """Members that a shape does not have: their path, their name, and the names that there are."""
    if isinstance(value, Mapping) and shape.type_name == "structure":
        for name, part in value.items():
            if name in shape.members:
                yield from _unknown(part, shape.members[name], (*path, name))
            else:
                yield (*path, name), str(name), list(shape.members)
    elif isinstance(value, Mapping) and shape.type_name == "map":
        for name, part in value.items():
            yield from _unknown(part, shape.value, (*path, name))
    elif isinstance(value, list) and shape.type_name == "list":
        for number, part in enumerate(value):
            yield from _unknown(part, shape.member, (*path, number))


def _place(document: Document, declaration: Declaration, id: str, message: str) -> str:
    """The line of the property that a message names or repeats; otherwise that of the resource."""
    section_name, key = _key(id.removesuffix(REHEARSED))
    section = next(one for one in BY_TYPE.values() if one.name == section_name)
    named = _PATH.search(message)
    if named is not None:
        path = named[1].split(".")
        spelled = _spellings(document, section_name, key, section, path[0])
        return document.place(section_name, key, *spelled, *(path[1:] if spelled else ()))
    given = declaration.resources[f"{section_name}.{key}"].properties
    for member in sorted(section.members, key=len, reverse=True):
        value = given.get(member)
        repeated = isinstance(value, str) and member != section.type.name_member
        if re.search(rf"\b{member}\b", message) or (repeated and str(value).rpartition("/")[2] in message):
            return document.place(
                section_name, key, *_spellings(document, section_name, key, section, member)
            )
    return document.place(section_name, key)


def _spellings(document: Document, name: str, key: str, section: Section, member: str) -> tuple[str, ...]:
    """The spelling of a member that the file has."""
    shorts = [short for short, known in section.short_names.items() if known == member]
    return next(((one,) for one in (member, *shorts) if (name, key, one) in document.lines), ())


def _key(id: str) -> tuple[str, str]:
    section, _, key = id.partition(".")
    return section, key

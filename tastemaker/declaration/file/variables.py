"""Variables of a file: `${name}` in its values, with other values in each environment."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from tastemaker.declaration.file.document import Document, InvalidDeclaration, Path, Problem

VARIABLES, ENVIRONMENTS, ENVIRONMENT = "variables", "environments", "environment"
_USE = re.compile(r"\$(\$\{)|\$\{\s*([\w.-]*)\s*\}")
"""`$${` is a literal `${`."""


def filled(document: Document, environment: str = "", given: Mapping[str, Any] | None = None) -> Document:
    """The document with its variables filled in, without the sections that declare them.

    `given` has precedence over the environment, and the environment over the variables of the file. The
    variable `environment` is the name of the environment. A value that is nothing but a variable keeps the
    variable's type. Raises InvalidDeclaration.
    """
    if not isinstance(document.value, Mapping):
        raise InvalidDeclaration([Problem(document.place(), "The file must be a mapping of sections.")])
    values = _values(document, environment, given or {})
    problems: list[Problem] = []
    body = {name: part for name, part in document.value.items() if name not in (VARIABLES, ENVIRONMENTS)}
    value = _fill(body, (), values, document, problems)
    if problems:
        raise InvalidDeclaration(problems)
    return Document(value, document.lines, document.name)


def environments(document: Document) -> list[str]:
    """The names of the environments that a file declares."""
    found = document.value.get(ENVIRONMENTS) if isinstance(document.value, Mapping) else None
    return list(found) if isinstance(found, Mapping) else []


def _values(document: Document, environment: str, given: Mapping[str, Any]) -> dict[str, Any]:
    problems, known = [], environments(document)
    for section in (VARIABLES, ENVIRONMENTS):
        if not isinstance(document.value.get(section, {}), Mapping):
            problems.append(Problem(document.place(section), f"{section} must be a mapping of names."))
    if environment and environment not in known:
        listed = f"there are {', '.join(known)}" if known else "the file declares none"
        problems.append(
            Problem(document.place(ENVIRONMENTS), f"There is no environment {environment!r}; {listed}.")
        )
    if problems:
        raise InvalidDeclaration(problems)
    own = document.value.get(ENVIRONMENTS, {}).get(environment) or {}
    if not isinstance(own, Mapping):
        place = document.place(ENVIRONMENTS, environment)
        raise InvalidDeclaration([Problem(place, "An environment must be a mapping of variables.")])
    name = {ENVIRONMENT: environment} if environment else {}
    return {**(document.value.get(VARIABLES) or {}), **name, **own, **given}


def _fill(
    value: Any, path: Path, values: Mapping[str, Any], document: Document, problems: list[Problem]
) -> Any:
    if isinstance(value, Mapping):
        return {name: _fill(part, (*path, name), values, document, problems) for name, part in value.items()}
    if isinstance(value, list):
        return [_fill(part, (*path, n), values, document, problems) for n, part in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value
    for name in {found[2] for found in _USE.finditer(value) if not found[1]} - values.keys():
        problems.append(Problem(document.place(*path), _unknown(name, values, document)))
    whole = _USE.fullmatch(value)
    if whole is not None and not whole[1]:
        return values.get(whole[2])
    return _USE.sub(lambda found: "${" if found[1] else str(values.get(found[2], "")), value)


def _unknown(name: str, values: Mapping[str, Any], document: Document) -> str:
    if name == ENVIRONMENT:
        known = ", ".join(environments(document)) or "the file declares none under environments"
        return f"The variable environment needs an environment ({known}): give --environment."
    close = difflib.get_close_matches(name, values, 1)
    hint = f"did you mean {close[0]}?" if close else f"declare it under {VARIABLES}, or give --var {name}=…."
    return f"There is no variable {name!r}; {hint}"

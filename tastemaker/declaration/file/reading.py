"""A document becomes a declaration."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tastemaker.declaration.declarations import Declaration, DeclaredResource, Ref
from tastemaker.declaration.file import checking
from tastemaker.declaration.file.document import Document, InvalidDeclaration, Path, Problem
from tastemaker.declaration.file.order import ordered_by_phase
from tastemaker.declaration.file.sections import (
    BY_TYPE,
    CAMPAIGN,
    DEFAULTS,
    FILE,
    RECIPE,
    SECTIONS,
    SYNC,
    TOP_LEVEL,
    Section,
    dataset_type,
)

LATEST = "/$LATEST"
ReadFile = Callable[[str], str]
"""The text of a file beside the declaration. Raises OSError."""


def read(document: Document, read_file: ReadFile) -> Declaration:
    """The declaration that a document with filled variables stands for, checked by the service's own rules.

    The ID of a resource is its section and key: `campaigns.home`. Raises InvalidDeclaration.
    """
    reader = _Reader(document, read_file)
    declaration = Declaration.of(ordered_by_phase(reader.resources()))
    if not reader.problems:
        reader.problems.extend(checking.problems(document, declaration))
    if reader.problems:
        raise InvalidDeclaration(reader.problems)
    return declaration


@dataclass
class _Reader:
    document: Document
    read_file: ReadFile
    problems: list[Problem] = field(default_factory=list)

    def resources(self) -> list[DeclaredResource]:
        """Every declared resource. What is wrong is noted in `problems`."""
        if not isinstance(self.document.value, Mapping):
            self._wrong((), "The file must be a mapping of sections.")
            return []
        found = []
        for name, content in self.document.value.items():
            if name in TOP_LEVEL or content is None:
                continue
            if name not in SECTIONS:
                self._wrong((name,), _unknown(f"section {name!r}", name, [*SECTIONS, *TOP_LEVEL]))
            elif not isinstance(content, Mapping):
                self._wrong((name,), f"{name} must be a mapping: a key of your choice, and its properties.")
            else:
                found += [self._resource(SECTIONS[name], key, given) for key, given in content.items()]
        if not found and not self.problems:
            self._wrong((), f"The file declares nothing; its sections are {', '.join(SECTIONS)}.")
        return found

    def _resource(self, section: Section, key: str, given: Any) -> DeclaredResource:
        path: Path = (section.name, key)
        properties: dict[str, Any] = {}
        if not isinstance(given, Mapping | None):
            self._wrong(path, "The properties must be a mapping.")
            given = {}
        spelled: dict[str, str] = {}
        for name, value in (given or {}).items():
            member = section.short_names.get(name, name)
            if member in spelled:
                self._wrong((*path, name), f"{name} and {spelled[member]} are the same property; give one.")
            spelled[member] = name
            if member not in section.members:
                known = [section.spelled(one) for one in section.members]
                self._wrong((*path, name), _unknown(f"property {name!r} in {section.name}", name, known))
            elif value is not None:
                properties[member] = self._value(section, member, name, value, (*path, name))
        self._add_defaults(section, str(key), properties, path)
        self._follow_latest(section, given or {}, properties, path)
        return DeclaredResource(
            f"{section.name}.{key}", section.type.name, properties, self.document.place(*path)
        )

    def _value(self, section: Section, member: str, name: str, value: Any, path: Path) -> Any:
        if member == "recipeArn" and isinstance(value, str) and not value.startswith("arn:"):
            return RECIPE + value
        target = section.type.references.get(member)
        if target is not None:
            if name == "solution" and target == "SolutionVersion":
                return self._reference("Solution", value, path, LATEST)
            if name == CAMPAIGN:
                return self._reference("Campaign", value, path)
            return self._reference(target, value, path)
        value = self._texts(value, path)
        if member == "schema" and isinstance(value, Mapping):
            return json.dumps(value)
        return value

    def _reference(self, target: str, value: Any, path: Path, suffix: str = "") -> Any:
        """The declared resource with this key, or the ARN of one that is not declared here."""
        section = BY_TYPE[target]
        keys = [str(key) for key in self.document.value.get(section.name) or ()]
        if str(value) in keys:
            return Ref(f"{section.name}.{value}", suffix)
        if isinstance(value, str) and value.startswith("arn:"):
            return value + suffix if suffix and not value.endswith(suffix) else value
        self._wrong(path, _unknown(f"{value!r} in {section.name}", str(value), keys))
        return Ref("missing")

    def _texts(self, value: Any, path: Path) -> Any:
        """The value with every `{file: …}` replaced by the text of that file."""
        if isinstance(value, Mapping):
            if list(value) == [FILE] and isinstance(value[FILE], str):
                return self._text(value[FILE], path)
            return {name: self._texts(part, (*path, name)) for name, part in value.items()}
        if isinstance(value, list):
            return [self._texts(part, (*path, n)) for n, part in enumerate(value)]
        return value

    def _text(self, name: str, path: Path) -> str:
        try:
            return self.read_file(name)
        except (OSError, UnicodeDecodeError) as error:
            self._wrong(path, f"The file {name} cannot be read: {getattr(error, 'strerror', error)}.")
            return ""

    def _add_defaults(self, section: Section, key: str, properties: dict[str, Any], path: Path) -> None:
        prefix = self.document.value.get("namePrefix") or ""
        properties.setdefault(section.type.name_member, f"{prefix}{key}")
        if "datasetGroupArn" in section.members and "datasetGroupArn" not in properties:
            groups = list(self.document.value.get("datasetGroups") or ())
            if len(groups) == 1:
                properties["datasetGroupArn"] = Ref(f"datasetGroups.{groups[0]}")
            else:
                listed = f"one of {', '.join(map(str, groups))}" if groups else "an ARN; none is declared"
                self._wrong(path, f"datasetGroup is missing: give {listed}.")
        if section.type.name == "Dataset" and "datasetType" not in properties:
            found = dataset_type(key)
            if found is None:
                self._wrong(path, f"datasetType is missing, and the key {key!r} is not the name of one.")
            properties["datasetType"] = found or "Interactions"
        defaults = self.document.value.get("defaults") or {}
        for name in set(defaults) - set(DEFAULTS):
            self._wrong(("defaults", name), f"defaults has no {name!r}; it has {', '.join(DEFAULTS)}.")
            return
        for name in DEFAULTS:
            applies = name in section.members and (name != "roleArn" or section.type.name.endswith("Job"))
            if applies and name in defaults:
                properties.setdefault(name, defaults[name])

    def _follow_latest(
        self, section: Section, given: Mapping[str, Any], properties: dict[str, Any], path: Path
    ) -> None:
        """A campaign of a solution follows its latest version."""
        if section.type.name != "Campaign" or "solution" not in given:
            return
        config = properties.get("campaignConfig") or {}
        if isinstance(config, Mapping):
            if config.get(SYNC) is False:
                self._wrong(path, f"A campaign with solution has {SYNC}; name a solutionVersion instead.")
            properties["campaignConfig"] = {**config, SYNC: True}

    def _wrong(self, path: Path, message: str) -> None:
        problem = Problem(self.document.place(*path), message)
        if problem not in self.problems:
            self.problems.append(problem)


def _unknown(what: str, name: Any, known: list[str]) -> str:
    close = difflib.get_close_matches(str(name), known, 1)
    if close:
        return f"There is no {what}; did you mean {close[0]}?"
    return f"There is no {what}; there are {', '.join(map(str, known)) or 'none'}."


def names(declaration: Declaration) -> Iterator[tuple[str, str]]:
    """The ID and the name of each declared resource."""
    for one in declaration.resources.values():
        yield one.id, str(one.properties[BY_TYPE[one.type].type.name_member])

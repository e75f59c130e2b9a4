"""YAML and JSON: a file becomes a document that knows its lines, and a document becomes a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tastemaker.declaration.file.document import Document, InvalidDeclaration, Problem
from tastemaker.declaration.file.document import Path as ValuePath

SCHEMA_FILE = "tastemaker.schema.json"
MAX_DEPTH = 60


def load(path: Path) -> Document:
    """The document in a file. Raises InvalidDeclaration with the line of an error in its syntax."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidDeclaration([Problem(path.name, f"The file is not UTF-8: {error.reason}.")]) from None
    return parse(text, path.name, is_json=path.suffix == ".json")


def parse(text: str, name: str, *, is_json: bool = False) -> Document:
    """The document in a text."""
    if is_json:
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidDeclaration([Problem(f"{name}:{error.lineno}", f"{error.msg}.")]) from None
        text = text.replace("\t", " ")  # YAML has JSON in it, but no tabs as indentation
    reader = _Reader(name)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = name if mark is None else f"{name}:{mark.line + 1}"
        raise InvalidDeclaration([Problem(place, f"{error.problem or error.context}.")]) from None
    except yaml.YAMLError as error:
        raise InvalidDeclaration([Problem(name, str(error))]) from None
    value = None if node is None else reader.value(node, ())
    if reader.problems:
        raise InvalidDeclaration(reader.problems)
    return Document(value, reader.lines, name)


class _Reader:
    """Values of YAML nodes with their lines. A key may occur only once in a mapping."""

    def __init__(self, name: str) -> None:
        self.name, self.lines, self.problems = name, dict[ValuePath, int](), list[Problem]()
        self._scalars = yaml.SafeLoader("")

    def value(self, node: yaml.Node, path: ValuePath) -> Any:
        """The value of a node, which is at a path."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if len(path) > MAX_DEPTH:
            self._wrong(node, "The values are nested too deeply, or an alias contains itself.")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(part, (*path, number)) for number, part in enumerate(node.value)]
        try:
            value = self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self._wrong(node, f"The value {node.value!r} cannot be read.")
            return None
        plain = value is None or isinstance(value, str | int | float | bool)
        return value if plain else node.value  # a date is a text here

    def _mapping(self, node: yaml.MappingNode, path: ValuePath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged = [key for key, _ in node.value if key.tag == "tag:yaml.org,2002:merge"]
        own = {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key not in merged}
        if merged:
            self._scalars.flatten_mapping(node)
        seen: set[str] = set()
        for key, part in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._wrong(key, "A key must be a text.")
                continue
            if key.value in seen and not (merged and key.value in own):
                self._wrong(key, f"The key {key.value!r} occurs twice.")
            seen.add(key.value)
            self.lines[*path, key.value] = key.start_mark.line + 1
            found[key.value] = self.value(part, (*path, key.value))
        return found

    def _wrong(self, node: yaml.Node, message: str) -> None:
        self.problems.append(Problem(f"{self.name}:{node.start_mark.line + 1}", message))


def scalar(text: str) -> Any:
    """A number, a switch or a text, as YAML reads it."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return value if isinstance(value, int | float) else text


def dump(value: Mapping[str, Any], *, as_json: bool = False) -> str:
    """A file with this content; YAML begins with the comment by which editors find the schema."""
    if as_json:
        return json.dumps({**value}, indent=2, ensure_ascii=False) + "\n"
    body = yaml.dump(
        dict(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )
    return f"# yaml-language-server: $schema=./{SCHEMA_FILE}\n{body}"


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """A dumper without anchors, which a person has to follow."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def beside(path: Path) -> Any:
    """A function that reads files beside a declaration."""
    folder = path.parent.resolve()

    def read(name: str) -> str:
        file = (folder / name).resolve()
        if not file.is_relative_to(folder):
            raise OSError(f"{name} is not in the folder of the declaration, {folder}")
        return file.read_text(encoding="utf-8-sig")

    return read

"""Validation at synthesis: all resources of an app, by the rules of the control plane in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import constructs
import jsii

from tastemaker.declaration.declarations import Declaration, DeclaredResource
from tastemaker.declaration.rehearsal import problems
from tastemaker.errors import InvalidInput

EXTERNAL = "arn:"
"""Resources that are named by their ARN exist elsewhere, so nothing is known about them."""


class Declared(Protocol):
    """A construct that is part of a declaration."""

    @property
    def node(self) -> constructs.Node: ...

    def declared(self) -> DeclaredResource:
        """The construct's part of the declaration."""


class _App:
    """The resources of one app, and what the control plane would refuse."""

    def __init__(self) -> None:
        self.resources: list[Declared] = []
        self._checked: tuple[int, Mapping[str, list[str]]] = (-1, {})

    def problems(self, path: str) -> list[str]:
        """The problems of the resource at a path. The rehearsal runs once, when all resources are known."""
        if self._checked[0] != len(self.resources):
            self._checked = len(self.resources), self._check()
        return list(self._checked[1].get(path, ()))

    def _check(self) -> Mapping[str, list[str]]:
        declared = {one.node.path: one.declared() for one in self.resources}
        found: dict[str, list[str]] = {}
        try:
            for problem in problems(Declaration.of(_inside(declared).values())):
                found.setdefault(problem.id, []).append(problem.message)
        except InvalidInput as error:
            return {path: [str(error)] for path in list(declared)[:1]}
        return found


def _inside(declared: Mapping[str, DeclaredResource]) -> dict[str, DeclaredResource]:
    """The resources that refer only to others of the app: for the rest, the rules lack what they need."""
    inside = {path: one for path, one in declared.items() if not _has_external(one)}
    while True:
        left = {path: one for path, one in inside.items() if one.needs <= inside.keys()}
        if len(left) == len(inside):
            return inside
        inside = left


def _has_external(one: DeclaredResource) -> bool:
    from tastemaker.declaration.types import TYPES

    members = TYPES[one.type].references
    return any(isinstance(one.properties.get(member), str) for member in members)


_apps: dict[int, _App] = {}


def register(resource: Declared) -> None:
    """Have a resource validated when its app is synthesized."""
    root = resource.node.root
    key = id(root)
    app = _apps.setdefault(key, _App())
    app.resources.append(resource)
    resource.node.add_validation(_Validation(app, resource.node.path))


@jsii.implements(constructs.IValidation)
class _Validation:
    """The validation of one construct."""

    def __init__(self, app: _App, path: str) -> None:
        self._app, self._path = app, path

    def validate(self) -> list[str]:
        """What is wrong with the construct."""
        return self._app.problems(self._path)

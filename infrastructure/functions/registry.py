"""All functions that this folder declares."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from constructs import Construct

from infrastructure import functions
from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import ServiceFunction
from infrastructure.stage import Stage


@cache
def declarations() -> Mapping[str, FunctionDeclaration]:
    """Every declaration by the function's name, in alphabetical order."""
    return {found.name: found for found in _found()}


def _found() -> Iterator[FunctionDeclaration]:
    for module in pkgutil.iter_modules(functions.__path__, f"{functions.__name__}."):
        declared = getattr(import_module(module.name), "FUNCTION", None)
        if isinstance(declared, FunctionDeclaration):
            yield declared


class Functions(Construct):
    """The construct of each declared function that the stage has, by its name."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage) -> None:
        super().__init__(scope, id)
        self.all: dict[str, ServiceFunction] = {
            name: ServiceFunction(
                self, name, stage=stage, description=declared.description, limits=declared.limits(stage)
            )
            for name, declared in declarations().items()
            if declared.wanted(stage)
        }

    def __getitem__(self, name: str) -> ServiceFunction:
        return self.all[name]

    def connect(self, resources: Resources) -> None:
        """Give every function its environment and its permissions."""
        for name, function in self.all.items():
            declarations()[name].connect(function, resources)

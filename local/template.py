"""A synthesized CloudFormation template: conditions, intrinsic functions, order of creation."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
_NO_VALUE = object()


class TemplateError(Exception):
    """The template needs something that is not supported here. The message names the place."""


@dataclass
class Physical:
    """A created resource: the values of `Ref` and `Fn::GetAtt`."""

    ref: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Resource:
    """One resource of the template with resolved properties."""

    id: str
    type: str
    properties: dict[str, Any]


class Template:
    """The resources of one stack, in an order in which they can be created."""

    def __init__(
        self,
        body: Mapping[str, Any],
        *,
        stack: str,
        pseudo: Mapping[str, str],
        parameters: Mapping[str, str] | None = None,
        imported: Callable[[str], str] | None = None,
    ) -> None:
        """Read a template.

        Args:
            body: the template as parsed JSON.
            stack: the stack's name.
            pseudo: values of AWS::Region, AWS::AccountId and the like.
            parameters: values of the template's parameters, by default their defaults.
            imported: the value of an export of another stack, or KeyError.
        """
        self.stack = stack
        self._body = body
        self._pseudo = dict(pseudo)
        self._mappings: Mapping[str, Any] = body.get("Mappings", {})
        self._imported = imported
        self._parameters: dict[str, Any] = {
            name: _parameter(declared, (parameters or {}).get(name, str(declared.get("Default", ""))))
            for name, declared in body.get("Parameters", {}).items()
        }
        self._physical: dict[str, Physical] = {}
        self._conditions: dict[str, bool] = {}
        self._declared: dict[str, Any] = {
            name: declared
            for name, declared in body.get("Resources", {}).items()
            if "Condition" not in declared or self.condition(declared["Condition"])
        }

    @property
    def types(self) -> dict[str, str]:
        """Resource type by logical id, of the resources whose condition is true."""
        return {name: declared["Type"] for name, declared in self._declared.items()}

    def policy(self, logical_id: str, name: str) -> str:
        """A policy of a resource, DeletionPolicy or UpdateReplacePolicy: Delete, Retain or the like."""
        return str(self._declared[logical_id].get(name, "Delete"))

    def declared_properties(self, logical_id: str) -> list[str]:
        return list(self._declared[logical_id].get("Properties", {}))

    def ordered(self) -> list[str]:
        """Logical ids, each after those that it references."""
        graph = {}
        for name, declared in self._declared.items():
            after = declared.get("DependsOn", [])
            needs = set([after] if isinstance(after, str) else after)
            needs |= set(references(declared.get("Properties", {})))
            graph[name] = {need for need in needs if need in self._declared and need != name}
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise TemplateError(f"resources refer to each other in a circle: {error.args[1]}") from error

    def resource(self, logical_id: str) -> Resource:
        """The resource with resolved properties. The resources that it references must exist."""
        declared = self._declared[logical_id]
        try:
            properties = self.resolve(declared.get("Properties", {}))
        except TemplateError as error:
            raise TemplateError(f"{logical_id}: {error}") from error
        return Resource(logical_id, declared["Type"], properties)

    def created(self, logical_id: str, physical: Physical) -> None:
        self._physical[logical_id] = physical

    def outputs(self) -> dict[str, str]:
        """The stack's outputs by logical id."""
        declared = self._body.get("Outputs", {})
        return {
            name: self.resolve(output["Value"])
            for name, output in declared.items()
            if "Condition" not in output or self.condition(output["Condition"])
        }

    def exports(self) -> dict[str, str]:
        """What other stacks can import: values of outputs by the name of their export."""
        outputs, declared = self.outputs(), self._body.get("Outputs", {})
        return {
            str(self.resolve(declared[name]["Export"]["Name"])): value
            for name, value in outputs.items()
            if "Export" in declared[name]
        }

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            try:
                declared = self._body["Conditions"][name]
            except KeyError:
                raise TemplateError(f"condition {name} is not declared") from None
            self._conditions[name] = self._holds(declared)
        return self._conditions[name]

    def _holds(self, expression: Any) -> bool:
        if isinstance(expression, dict) and len(expression) == 1:
            [(function, argument)] = expression.items()
            if function == "Condition":
                return self.condition(argument)
            if function == "Fn::Equals":
                left, right = (self.resolve(side) for side in argument)
                return bool(left == right)
            if function == "Fn::Not":
                return not self._holds(argument[0])
            if function == "Fn::And":
                return all(self._holds(part) for part in argument)
            if function == "Fn::Or":
                return any(self._holds(part) for part in argument)
        raise TemplateError(f"condition {expression!r} is not understood")

    def resolve(self, value: Any) -> Any:
        """`value` with every intrinsic function replaced by its result."""
        resolved = self._resolve(value)
        return None if resolved is _NO_VALUE else resolved

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self._resolve, value) if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref":
                return self._ref(argument)
            if name.startswith("Fn::"):
                return self._function(name)(argument)
        pairs = ((key, self._resolve(item)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not _NO_VALUE}

    def _function(self, name: str) -> Callable[[Any], Any]:
        functions: dict[str, Callable[[Any], Any]] = {
            "Fn::GetAtt": self._get_att,
            "Fn::Join": lambda of: of[0].join(str(part) for part in self.resolve(of[1])),
            "Fn::Sub": self._sub,
            "Fn::Select": lambda of: self.resolve(of[1])[int(self.resolve(of[0]))],
            "Fn::Split": lambda of: self.resolve(of[1]).split(of[0]),
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": lambda of: self._resolve(of[1] if self.condition(of[0]) else of[2]),
            "Fn::ImportValue": lambda of: self._import(str(self.resolve(of))),
            "Fn::Base64": lambda of: base64.b64encode(self.resolve(of).encode()).decode(),
            "Fn::ToJsonString": lambda of: json.dumps(self.resolve(of), separators=(",", ":")),
            "Fn::GetAZs": lambda of: [
                f"{self.resolve(of) or self._pseudo['AWS::Region']}{zone}" for zone in "abc"
            ],
        }
        try:
            return functions[name]
        except KeyError:
            raise TemplateError(f"the function {name} has no local counterpart") from None

    def _import(self, name: str) -> str:
        try:
            if self._imported is None:
                raise KeyError(name)
            return self._imported(name)
        except KeyError:
            raise TemplateError(f"No export named {name} found") from None

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        for known in (self._pseudo, self._parameters):
            if name in known:
                return known[name]
        try:
            return self._physical[name].ref
        except KeyError:
            raise TemplateError(f"Ref to {name}, which is not there") from None

    def _get_att(self, argument: str | list[str]) -> str:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else (argument[0], argument[1])
        if name not in self._physical:
            raise TemplateError(f"Fn::GetAtt of {name}, which is not there")
        try:
            return self._physical[name].attributes[attribute]
        except KeyError:
            kind = self._declared[name]["Type"]
            raise TemplateError(f"the local {kind} has no attribute {attribute} ({name})") from None

    def _sub(self, argument: str | list[Any]) -> str:
        text, given = (
            (argument, {}) if isinstance(argument, str) else (argument[0], self.resolve(argument[1]))
        )

        def value(match: re.Match[str]) -> str:
            literal, name = match.group(1), match.group(2).strip()
            if literal:
                return "${" + name + "}"
            if name in given:
                return str(given[name])
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _VARIABLE.sub(value, text)

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = (self.resolve(part) for part in argument[:3])
        try:
            return self._mappings[name][first][second]
        except KeyError:
            default = argument[3].get("DefaultValue") if len(argument) > 3 else None
            if default is not None:
                return self.resolve(default)
            raise TemplateError(f"the mapping {name} has nothing for {first}, {second}") from None


def _parameter(declared: Mapping[str, Any], text: str) -> Any:
    """The value of a parameter: a list for the types that are lists."""
    is_list = "List<" in str(declared.get("Type")) or declared.get("Type") == "CommaDelimitedList"
    return [part.strip() for part in text.split(",")] if is_list else text


def references(value: Any) -> Iterator[str]:
    """Logical ids that `value` references, and pseudo parameters, which the caller drops."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref":
                yield item
            elif key == "Fn::GetAtt":
                yield item.split(".")[0] if isinstance(item, str) else item[0]
            elif key == "Fn::Sub":
                text = item if isinstance(item, str) else item[0]
                yield from (
                    name.split(".")[0].strip() for literal, name in _VARIABLE.findall(text) if not literal
                )
                yield from references(item[1:] if isinstance(item, list) else [])
            else:
                yield from references(item)

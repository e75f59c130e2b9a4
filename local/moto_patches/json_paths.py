"""JSON paths of state machines, as Step Functions evaluates them.

A path that can name one value only, such as `$.versions[0].arn`, has that value. A path with a wildcard,
slice, filter or `..` has a list of all that it finds, which may be empty or have one element. moto decides
by what it finds: `$.versions[0].arn` is a list there, and a filter without a result is an error.

A filter tests the object itself, and not its members: `$.solution[?(@.version)]` has the solution if it has a
version. Step Functions evaluates paths with Jayway's JsonPath, which works this way.
https://github.com/json-path/JsonPath#what-is-returned-when
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jsonpath_ng.ext.filter import Filter
from jsonpath_ng.ext.parser import parse
from jsonpath_ng.jsonpath import Child, DatumInContext, Descendants, Fields, Index, Root, This
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

PATHS_CACHED = 4096


def extract_json(path: str, data: Any) -> Any:
    """What a path finds in `data`. Raises NoSuchJsonPathError if a path of one value finds none."""
    expression, singular = _parsed(path)
    found = [match.value for match in expression.find(data)]
    if not singular:
        return found
    if not found:
        raise NoSuchJsonPathError(json_path=path, data=data)
    return found[0]


@lru_cache(PATHS_CACHED)
def _parsed(path: str) -> tuple[Any, bool]:
    expression = parse(path)
    return _adapted(expression), _is_singular(expression)


def _is_singular(expression: Any) -> bool:
    """Whether a path can name one value only."""
    match expression:
        case Root() | This():
            return True
        case Fields():
            return len(expression.fields) == 1 and expression.fields[0] != "*"
        case Index():
            return len(expression.indices) == 1
        case Child():
            return _is_singular(expression.left) and _is_singular(expression.right)
    return False


def _adapted(expression: Any, *, objects_only: bool = False) -> Any:
    if type(expression) is Filter:
        return _Filter(expression.expressions, objects_only=objects_only)
    for side in ("left", "right"):
        if hasattr(expression, side):
            below = side == "right" and isinstance(expression, Descendants)
            setattr(expression, side, _adapted(getattr(expression, side), objects_only=below))
    return expression


class _Filter(Filter):
    """A filter that tests an object itself, and the elements of a list.

    `objects_only` is for `..`, which visits elements of lists too: they would be found twice.
    """

    def __init__(self, expressions: Any, *, objects_only: bool) -> None:
        super().__init__(expressions)
        self._objects_only = objects_only

    def find(self, datum: Any) -> list[Any]:
        datum = DatumInContext.wrap(datum)
        if isinstance(datum.value, dict):
            return [datum] if all(expression.find(datum.value) for expression in self.expressions) else []
        return [] if self._objects_only else list(super().find(datum))  # type: ignore[no-untyped-call]

"""State machines run from their own definitions, with functions that may be killed.

What is interpreted is what the machines use: Task (a function, or a training job), distributed Map over a
list in the lake, Choice, Pass, Succeed, Fail; paths into the state and the context object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

Document = dict[str, Any]
Function = Callable[[str, Any], Any]
"""Takes the name of the function, or "train", and its input. Returns its output."""
NAMES = ("refreshing", "steps", "importing", "batch", "exporting", "deletion")


class Killed(Exception):  # noqa: N818 - it is what happened
    """The process of a function ended in the middle of its work."""


class Aborted(Exception):  # noqa: N818
    """The whole execution was stopped, without a chance to write down why."""


class Machine:
    """One machine. `again`: a function that is killed is called again, as a retry does; else the execution
    takes the way of failure, or, with `abort`, ends where it is."""

    def __init__(
        self, definition: Document, call: Function, read: Callable[[str], str], *, again: bool, abort: bool
    ) -> None:
        self._definition, self._call, self._read = definition, call, read
        self._again, self._abort = again, abort

    def run(self, request: Document, execution: str) -> bool:
        """Whether the execution succeeded. Raises Aborted."""
        context: Document = {"Execution": {"Id": execution, "Input": request}}
        state, title = dict(request), self._definition["StartAt"]
        while True:
            step = self._definition["States"][title]
            match step["Type"]:
                case "Succeed":
                    return True
                case "Fail":
                    return False
                case "Choice":
                    title = _chosen(step, state)
                    continue
                case "Pass":
                    _put(state, step["ResultPath"], step["Result"])
                case "Task" | "Map":
                    try:
                        answer = self._work(step, state, context)
                    except Exception as error:
                        if isinstance(error, Aborted) or "Catch" not in step:
                            raise
                        *_, catch = step["Catch"]
                        cause = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__})
                        _put(state, catch["ResultPath"], {"Error": type(error).__name__, "Cause": cause})
                        title = catch["Next"]
                        continue
                    if step.get("ResultPath", "$") is not None:
                        _put(state, step["ResultPath"], answer)
            if step.get("End"):
                return True
            title = step["Next"]

    def _work(self, step: Document, state: Document, context: Document) -> Any:
        if step["Type"] == "Task":
            sent = _get(step.get("InputPath", "$"), state, context)
            if "Parameters" in step:
                sent = _filled(step["Parameters"], state, context)
            return self._invoke(step["Resource"], sent)
        key = _get(step["ItemReader"]["Parameters"]["Key.$"], state, context)
        (one,) = step["ItemProcessor"]["States"].values()
        answers = []
        for item in json.loads(self._read(key)):
            sent = _filled(step["ItemSelector"], state, {**context, "Map": {"Item": {"Value": item}}})
            answers.append(self._element(one, sent))
        return answers

    def _element(self, step: Document, sent: Any) -> Any:
        """One element of a Map. An error of the function is retried as the step says; a death is not."""
        retries = [one["MaxAttempts"] for one in step["Retry"] if "States.TaskFailed" in one["ErrorEquals"]]
        for _ in range(sum(retries)):
            try:
                return self._invoke(step["Resource"], sent)
            except (Aborted, Killed):
                raise
            except Exception:
                continue
        return self._invoke(step["Resource"], sent)

    def _invoke(self, resource: str, sent: Any) -> Any:
        if ":aws-sdk:" in resource:  # changes nothing that the tests look at
            return {}
        name = next((one for one in NAMES if f"Functions{one.capitalize()}Function" in resource), "train")
        assert name != "train" or resource.endswith("createTrainingJob.sync"), resource
        try:
            return self._call(name, sent)
        except Killed:
            if self._again:
                return self._call(name, sent)
            if self._abort:
                raise Aborted from None
            raise


def _chosen(step: Document, state: Document) -> str:
    for choice in step["Choices"]:
        *before, condition = choice.get("And", [choice])
        assert all(one["IsPresent"] is True for one in before)
        try:
            found = _get(condition["Variable"], state, {})
        except KeyError:
            continue
        if condition.get("IsPresent") or found is condition["BooleanEquals"]:
            return str(choice["Next"])
    return str(step["Default"])


def _filled(template: Any, state: Document, context: Document) -> Any:
    if not isinstance(template, dict):
        return template
    return {
        name.removesuffix(".$"): _get(value, state, context)
        if name.endswith(".$")
        else _filled(value, state, context)
        for name, value in template.items()
    }


def _get(path: str, state: Document, context: Document) -> Any:
    if path.startswith("States.Format("):
        template, inner = re.fullmatch(r"States\.Format\('(.*)', (.*)\)", path).groups()  # type: ignore[union-attr]
        return template.format(_get(inner, state, context))
    value: Any = context if path.startswith("$$") else state
    for name in path.split(".")[1:]:
        value = value[name]
    return value


def _put(state: Document, path: str, value: Any) -> None:
    assert path.startswith("$.") and path.count(".") == 1, path
    state[path[2:]] = value

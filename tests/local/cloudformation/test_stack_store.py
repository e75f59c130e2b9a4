"""What a run that keeps its state notes about stacks, and when others see it."""

from __future__ import annotations

import json
from typing import Any

from local.account import Account
from local.cloudformation import saved
from local.cloudformation.engine import Engine
from local.cloudformation.exports import Exports
from local.cloudformation.stack_store import StackStore
from local.cloudformation.stacks import ResourceFailedError, ResourceRequest, Stack
from local.state.saved import SavedState
from local.template import Physical

ACCOUNT = Account("http://127.0.0.1:1", "us-east-1")
COUNT = 40


class Things:
    """A handler that creates everything but things with the name `wrong`."""

    def create(self, request: ResourceRequest) -> Physical:
        if request.properties["Name"] == "wrong":
            raise ResourceFailedError("this name is wrong")
        return Physical(request.properties["Name"], {"Arn": f"arn:{request.logical_id}"})

    def update(self, request: ResourceRequest) -> Physical:
        return self.create(request)

    def delete(self, request: ResourceRequest) -> None:
        pass


class Run:
    """A store whose notes are kept, as lines of a journal."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        exports: dict[str, Any] = {}
        self.engine = Engine(lambda _: Things(), {}, exports=Exports(exports))
        self.store = StackStore(ACCOUNT, self.engine.exports)
        self.store.keep({}, lambda *_: {}, self._note)
        self.stack = self.store.new("shop", {})
        self._exports = exports

    def _note(self, entry: dict[str, Any]) -> None:
        self.lines.append(json.dumps(entry))
        self.seen.append((self.stack.status, {name: one.value for name, one in self._exports.items()}))

    def restored(self) -> Stack:
        (entry,) = SavedState.of(map(json.loads, self.lines)).stacks.values()
        return saved.restore(entry["stack"], entry["events"], lambda *_: {})


def template(names: list[str], **more: Any) -> dict[str, Any]:
    resources = {
        f"T{number}": {
            "Type": "Custom::Thing",
            "Properties": {"Name": name, "Text": "x" * 1000},
            "DeletionPolicy": "Retain" if number == 0 else "Delete",
            **({"DependsOn": f"T{number - 1}"} if number else {}),
        }
        for number, name in enumerate(names)
    }
    return {"Resources": resources, **more}


def as_saved(stack: Stack) -> tuple[Any, Any]:
    return saved.describe(stack), [saved.describe_event(event) for event in stack.events]


def test_event_of_a_resource_is_noted_without_the_rest_of_the_stack() -> None:
    run = Run()
    run.engine.create(run.stack, template([f"n{number}" for number in range(COUNT)]), {})
    sizes = [len(line) for line in run.lines if json.loads(line)["type"] == "stack resource"]
    assert len(sizes) == 2 * COUNT and max(sizes) < 3000
    assert as_saved(run.restored()) == as_saved(run.stack)


def test_stack_comes_back_as_it_was_after_each_of_its_events() -> None:
    run = Run()
    run.engine.create(run.stack, template(["a", "b", "c"]), {})
    run.engine.update(run.stack, template(["a", "other", "c"]), {})
    run.engine.update(run.stack, template(["a", "wrong"]), {})
    run.engine.delete(run.stack)
    assert run.stack.status == "DELETE_COMPLETE" and run.stack.resources == {}
    lines, ended = run.lines, as_saved(run.stack)
    assert as_saved(run.restored()) == ended
    for count in range(1, len(lines) + 1):
        run.lines = lines[:count]
        found = run.restored()
        last = found.events[-1]
        assert len(found.events) == count
        if last.physical_id == found.id:
            assert found.status == last.status
        elif not last.status.startswith("DELETE"):
            assert found.resources[last.logical_id].status == last.status
    run.lines = lines * 2  # a compact journal may be followed by entries that it has already
    assert as_saved(run.restored()) == ended


def test_policy_to_retain_is_noted_with_the_first_event_of_its_resource() -> None:
    run = Run()
    run.engine.create(run.stack, template(["a"]), {})
    run.lines = run.lines[:2]
    assert run.restored().resources["T0"].deletion_policy == "Retain"


def test_stack_is_complete_after_its_exports_are_published_and_its_end_is_noted() -> None:
    run = Run()
    outputs = {"A": {"Value": {"Ref": "T0"}, "Export": {"Name": "a-of-shop"}}}
    run.engine.create(run.stack, template(["a"], Outputs=outputs), {})
    assert json.loads(run.lines[-1])["stack"]["status"] == run.stack.status == "CREATE_COMPLETE"
    assert run.seen[-1] == ("CREATE_IN_PROGRESS", {"a-of-shop": "a"})

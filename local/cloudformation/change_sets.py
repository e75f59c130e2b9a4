"""Change sets: templates that wait for their execution."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.account import Account
from local.cloudformation import documents
from local.cloudformation.engine import Engine
from local.cloudformation.stack_store import StackStore
from local.cloudformation.stacks import Stack
from local.cloudformation.templates import Form, InvalidRequestError, pairs, parameters

BodyFor = Callable[[Stack | None, Form], tuple[dict[str, Any], str]]
Start = Callable[[Stack, str, Form, Callable[[], None]], None]


@dataclass
class ChangeSet:
    """A change set: a template that waits for its execution."""

    id: str
    name: str
    stack: Stack
    body: dict[str, Any]
    source: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    creates: bool


class ChangeSets:
    """The change sets of a run. They end with it.

    `body_for` returns the template of a request after its transforms, and its text. `start` begins an
    operation of the engine.
    """

    def __init__(
        self, account: Account, stacks: StackStore, body_for: BodyFor, start: Start, engine: Engine
    ) -> None:
        self._account, self._stacks, self._engine = account, stacks, engine
        self._body_for, self._start = body_for, start
        self._found: dict[str, ChangeSet] = {}
        self.operations: Mapping[str, Callable[[Form], dict[str, Any]]] = {
            "CreateChangeSet": self._create,
            "DescribeChangeSet": self._describe,
            "ListChangeSets": self._list,
            "ExecuteChangeSet": self._execute,
            "DeleteChangeSet": self._delete,
        }

    def clear(self) -> None:
        """Forget all change sets."""
        self._found.clear()

    def find(self, form: Form) -> ChangeSet | None:
        """The change set of a request, if there is one."""
        name, stack = form.get("ChangeSetName", ""), self._stacks.find(form.get("StackName", ""))
        for one in self._found.values():
            if one.id == name or (one.name == name and stack is not None and one.stack is stack):
                return one
        return None

    def _existing_change_set(self, form: Form) -> ChangeSet:
        found = self.find(form)
        if found is None:
            raise InvalidRequestError(
                f"ChangeSet [{form.get('ChangeSetName')}] does not exist", "ChangeSetNotFound"
            )
        return found

    def _create(self, form: Form) -> dict[str, Any]:
        name, stack = form["ChangeSetName"], self._stacks.find(form["StackName"])
        kind = form.get("ChangeSetType", "UPDATE")
        if kind == "IMPORT":
            raise InvalidRequestError("The local run cannot import resources into a stack by a change set.")
        creates = stack is None or stack.status == "REVIEW_IN_PROGRESS"
        if creates and kind == "UPDATE":
            raise InvalidRequestError(f"Stack [{form['StackName']}] does not exist")
        if not creates and kind == "CREATE":
            raise InvalidRequestError(
                f"Stack [{form['StackName']}] already exists and cannot be created again with the changeSet "
                f"[{name}]."
            )
        if stack is not None and not creates:
            self._stacks.updatable(form)
        body, source = self._body_for(stack, form)
        given = parameters(form, body, {} if stack is None else stack.parameters)
        tags = pairs(form, "Tags", "Key", "Value")
        if stack is None:
            stack = self._stacks.new(form["StackName"], tags)
            stack.begin_review()
        arn = self._account.arn("cloudformation", f"changeSet/{name}/{uuid.uuid4()}")
        self._found[arn] = ChangeSet(arn, name, stack, body, source, given, tags, creates)
        return {"Id": arn, "StackId": stack.id}

    def _describe(self, form: Form) -> dict[str, Any]:
        one = self._existing_change_set(form)
        stack = one.stack
        changes = documents.changes(stack, one.body, one.parameters)
        same = one.body == stack.body and one.parameters == stack.parameters
        empty = not changes and same and one.tags in ({}, stack.tags) and not one.creates
        return {
            "ChangeSetName": one.name,
            "ChangeSetId": one.id,
            "StackId": stack.id,
            "StackName": stack.name,
            "Parameters": documents.parameters(one.parameters, one.body),
            "Tags": documents.tags(one.tags),
            "Status": "FAILED" if empty else "CREATE_COMPLETE",
            "StatusReason": "The submitted information didn't contain changes." if empty else None,
            "ExecutionStatus": "UNAVAILABLE" if empty else "AVAILABLE",
            "Changes": changes,
        }

    def _list(self, form: Form) -> dict[str, Any]:
        stack = self._stacks.existing(form, settled=False)
        found = [one for one in self._found.values() if one.stack is stack]
        listed = [
            {"ChangeSetName": one.name, "ChangeSetId": one.id, "StackName": stack.name, "StackId": stack.id}
            for one in found
        ]
        return {"Summaries": [{**one, "Status": "CREATE_COMPLETE"} for one in listed]}

    def _execute(self, form: Form) -> dict[str, Any]:
        one = self._existing_change_set(form)
        stack = one.stack
        if stack.in_progress:
            raise InvalidRequestError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        stack.tags = one.tags or stack.tags
        run = self._engine.create if one.creates else self._engine.update
        status = "CREATE_IN_PROGRESS" if one.creates else "UPDATE_IN_PROGRESS"
        if not one.creates:
            stack.updated_at = datetime.now(UTC)
        for other in [found for found in self._found.values() if found.stack is stack]:
            del self._found[other.id]
        self._start(stack, status, form, lambda: run(stack, one.body, one.parameters, one.source))
        return {}

    def _delete(self, form: Form) -> dict[str, Any]:
        one = self.find(form)
        if one is not None:
            del self._found[one.id]
        return {}

"""CloudFormation's API for stacks that declare Personalize's resources, or other custom resources."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import yaml
from moto.cloudformation.utils import yaml_tag_constructor
from moto.core.serialize import QuerySerializer
from moto.core.utils import get_service_model

from local.account import Account
from local.cloudformation import documents
from local.cloudformation.custom import FAMILY, CustomResources, is_custom
from local.cloudformation.engine import Engine
from local.cloudformation.stacks import Stack
from local.http.messages import Request, Response
from local.iam.operations import Operation

STARTS = ("CreateStack", "UpdateStack", "CreateChangeSet")
Transform = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Takes the name of a macro and a template, and returns the template that the macro makes of it."""


class ValidationError(Exception):
    """A request that CloudFormation refuses with the code ValidationError."""


@dataclass
class ChangeSet:
    """A change set: a template that waits for its execution."""

    id: str
    name: str
    stack: Stack
    body: dict[str, Any]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    creates: bool


class CloudFormation:
    """The stacks of this run that moto does not handle.

    `macros` maps the name of a transform to its function. `transform` calls one.
    """

    def __init__(
        self,
        account: Account,
        engine: Engine,
        custom: CustomResources,
        macros: Mapping[str, str],
        transform: Transform,
    ) -> None:
        self._account = account
        self._engine = engine
        self._custom = custom
        self._macros = macros
        self._transform = transform
        self._stacks: dict[str, Stack] = {}
        self._change_sets: dict[str, ChangeSet] = {}
        self._model = get_service_model("cloudformation")

    def serves(self, called: Operation, request: Request) -> bool:
        """Whether a request is about a stack of this class."""
        if called.service != "cloudformation":
            return False
        form = request.form
        if self._find(form.get("StackName", "")) or self._find_change_set(form):
            return True
        return called.name in STARTS and self._is_own(self._template(form))

    def __call__(self, called: Operation, request: Request) -> Response:
        """Answer a request."""
        operation = getattr(self, f"_{_snake(called.name)}", None)
        if operation is None:
            return _error(f"The local run does not know {called.name} for a stack with custom resources.")
        try:
            result = operation(request.form)
        except ValidationError as error:
            return _error(str(error))
        serialized = QuerySerializer(self._model.operation_model(called.name)).serialize(result)
        body = serialized["body"]
        data = body.encode() if isinstance(body, str) else bytes(body)
        return Response(int(serialized["status_code"]), [("Content-Type", "text/xml")], data)

    def take_answer(self, key: str, body: bytes) -> Response:
        """The response to an upload of the answer for a custom resource."""
        refusal = self._custom.answer(key, body)
        if refusal is None:
            return Response(200)
        return Response.of_json(403, {"message": refusal})

    def forget(self) -> None:
        """Forget all stacks and change sets. What they have created is not deleted."""
        self._stacks.clear()
        self._change_sets.clear()

    # --- operations ---

    def _create_stack(self, form: Mapping[str, str]) -> dict[str, Any]:
        name = form["StackName"]
        if self._find(name) is not None:
            raise ValidationError(f"Stack [{name}] already exists")
        stack = self._new(name)
        body = self._prepared(self._template(form))
        stack.tags = _pairs(form, "Tags", "Key", "Value")
        stack.disable_rollback = (
            form.get("DisableRollback") == "true" or form.get("OnFailure") == "DO_NOTHING"
        )
        parameters = _pairs(form, "Parameters", "ParameterKey", "ParameterValue")
        stack.status = "CREATE_IN_PROGRESS"
        self._start(stack, lambda: self._engine.create(stack, body, parameters))
        return {"StackId": stack.id}

    def _update_stack(self, form: Mapping[str, str]) -> dict[str, Any]:
        stack = self._existing(form)
        use_previous = form.get("UsePreviousTemplate") == "true"
        body = dict(stack.body) if use_previous else self._prepared(self._template(form))
        parameters = _parameters(form, stack)
        if body == stack.body and parameters == stack.parameters and "FAILED" not in stack.status:
            raise ValidationError("No updates are to be performed.")
        self._start_update(stack, body, parameters)
        return {"StackId": stack.id}

    def _delete_stack(self, form: Mapping[str, str]) -> dict[str, Any]:
        stack = self._existing(form, settled=False)
        if stack.status == "DELETE_COMPLETE":
            return {}
        if stack.in_progress:
            raise ValidationError(f"Stack {stack.name} has the status {stack.status}.")
        stack.status = "DELETE_IN_PROGRESS"
        self._start(stack, lambda: self._engine.delete(stack))
        return {}

    def _describe_stacks(self, form: Mapping[str, str]) -> dict[str, Any]:
        return {"Stacks": [documents.stack(self._existing(form, settled=False))]}

    def _describe_stack_events(self, form: Mapping[str, str]) -> dict[str, Any]:
        return {"StackEvents": documents.events(self._existing(form, settled=False))}

    def _describe_stack_resources(self, form: Mapping[str, str]) -> dict[str, Any]:
        stack = self._existing(form, settled=False)
        return {"StackResources": [documents.resource(stack, one) for one in stack.resources.values()]}

    def _describe_stack_resource(self, form: Mapping[str, str]) -> dict[str, Any]:
        stack, name = self._existing(form, settled=False), form.get("LogicalResourceId", "")
        if name not in stack.resources:
            raise ValidationError(f"Resource {name} does not exist for stack {stack.name}")
        return {"StackResourceDetail": documents.resource(stack, stack.resources[name])}

    def _list_stack_resources(self, form: Mapping[str, str]) -> dict[str, Any]:
        stack = self._existing(form, settled=False)
        found = [documents.resource(stack, one) for one in stack.resources.values()]
        return {"StackResourceSummaries": found}

    def _get_template(self, form: Mapping[str, str]) -> dict[str, Any]:
        stack = self._existing(form, settled=False)
        return {"TemplateBody": json.dumps(stack.body), "StagesAvailable": ["Original", "Processed"]}

    def _create_change_set(self, form: Mapping[str, str]) -> dict[str, Any]:
        name, stack = form["ChangeSetName"], self._find(form["StackName"])
        creates = stack is None or stack.status == "REVIEW_IN_PROGRESS"
        stack = stack or self._new(form["StackName"])
        use_previous = form.get("UsePreviousTemplate") == "true"
        body = dict(stack.body) if use_previous else self._prepared(self._template(form))
        arn = self._account.arn("cloudformation", f"changeSet/{name}/{uuid.uuid4()}")
        tags = _pairs(form, "Tags", "Key", "Value")
        change_set = ChangeSet(arn, name, stack, body, _parameters(form, stack), tags, creates)
        self._change_sets[arn] = change_set
        return {"Id": arn, "StackId": stack.id}

    def _describe_change_set(self, form: Mapping[str, str]) -> dict[str, Any]:
        change_set = self._existing_change_set(form)
        changes = documents.changes(change_set.stack, change_set.body)
        empty = not changes and change_set.body == change_set.stack.body
        return {
            "ChangeSetName": change_set.name,
            "ChangeSetId": change_set.id,
            "StackId": change_set.stack.id,
            "StackName": change_set.stack.name,
            "Status": "FAILED" if empty else "CREATE_COMPLETE",
            "StatusReason": "The submitted information didn't contain changes." if empty else "",
            "ExecutionStatus": "UNAVAILABLE" if empty else "AVAILABLE",
            "Changes": changes,
        }

    def _execute_change_set(self, form: Mapping[str, str]) -> dict[str, Any]:
        change_set = self._existing_change_set(form)
        stack = change_set.stack
        stack.tags = change_set.tags
        del self._change_sets[change_set.id]
        if change_set.creates:
            stack.status = "CREATE_IN_PROGRESS"
            self._start(stack, lambda: self._engine.create(stack, change_set.body, change_set.parameters))
        else:
            self._start_update(stack, change_set.body, change_set.parameters)
        return {}

    def _delete_change_set(self, form: Mapping[str, str]) -> dict[str, Any]:
        del self._change_sets[self._existing_change_set(form).id]
        return {}

    # --- helpers ---

    def _new(self, name: str) -> Stack:
        stack = Stack(self._account.arn("cloudformation", f"stack/{name}/{uuid.uuid4()}"), name)
        self._stacks[stack.id] = stack
        return stack

    def _find(self, name: str) -> Stack | None:
        if name.startswith("arn:"):
            return self._stacks.get(name)
        alive = [one for one in self._stacks.values() if one.name == name and one.status != "DELETE_COMPLETE"]
        return alive[-1] if alive else None

    def _existing(self, form: Mapping[str, str], *, settled: bool = True) -> Stack:
        stack = self._find(form.get("StackName", ""))
        if stack is None:
            raise ValidationError(f"Stack with id {form.get('StackName')} does not exist")
        if settled and stack.in_progress:
            raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        return stack

    def _find_change_set(self, form: Mapping[str, str]) -> ChangeSet | None:
        name, stack = form.get("ChangeSetName", ""), self._find(form.get("StackName", ""))
        for one in self._change_sets.values():
            if one.id == name or (one.name == name and stack is not None and one.stack is stack):
                return one
        return None

    def _existing_change_set(self, form: Mapping[str, str]) -> ChangeSet:
        found = self._find_change_set(form)
        if found is None:
            raise ValidationError(f"ChangeSet [{form.get('ChangeSetName')}] does not exist")
        return found

    def _template(self, form: Mapping[str, str]) -> dict[str, Any]:
        text = form.get("TemplateBody", "")
        if not text and "TemplateURL" in form:
            bucket, key = _location(form["TemplateURL"])
            text = self._account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        return _parsed(text)

    def _is_own(self, body: Mapping[str, Any]) -> bool:
        types = {str(one.get("Type")) for one in _resources(body).values() if isinstance(one, dict)}
        return any(map(is_custom, types)) or any(name in self._macros for name in _transforms(body))

    def _prepared(self, body: dict[str, Any]) -> dict[str, Any]:
        """The template after its transforms. Raises ValidationError for types that nothing answers for."""
        for name in _transforms(body):
            if name in self._macros:
                body = self._transform(self._macros[name], body)
        types = sorted({str(one.get("Type")) for one in _resources(body).values()})
        refused = [name for name in types if name.startswith(FAMILY)]
        if refused and not self._macros:
            text = f"Template format error: Unrecognized resource types: [{', '.join(refused)}]"
            raise ValidationError(f"{text}; the deployed stack has no function that answers for them.")
        return {name: part for name, part in body.items() if name != "Transform"}

    def _start_update(self, stack: Stack, body: dict[str, Any], parameters: Mapping[str, str]) -> None:
        stack.status = "UPDATE_IN_PROGRESS"
        self._start(stack, lambda: self._engine.update(stack, body, parameters))

    def _start(self, stack: Stack, work: Callable[[], None]) -> None:
        threading.Thread(target=_ending, args=(stack, work), name="cloudformation", daemon=True).start()


def _ending(stack: Stack, work: Callable[[], None]) -> None:
    """Do the work. The stack leaves its transitional status, whatever fails."""
    try:
        work()
    finally:
        if stack.status.endswith("_IN_PROGRESS"):
            stack.note(f"{stack.status.removesuffix('_IN_PROGRESS')}_FAILED", "The engine failed")


def _resources(body: Mapping[str, Any]) -> dict[str, Any]:
    resources: dict[str, Any] = body.get("Resources") or {}
    return resources


def _transforms(body: Mapping[str, Any]) -> list[str]:
    given = body.get("Transform") or []
    return [str(one) for one in (given if isinstance(given, list) else [given])]


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """YAML with CloudFormation's short forms: `!Ref` and `!GetAtt`."""


_Loader.add_multi_constructor("", yaml_tag_constructor)


def _parsed(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        try:
            body = yaml.load(text, Loader=_Loader)
        except yaml.YAMLError:
            body = None
    return body if isinstance(body, dict) else {}


def _pairs(form: Mapping[str, str], member: str, key: str, value: str) -> dict[str, str]:
    found = {}
    for number in range(1, 201):
        name = form.get(f"{member}.member.{number}.{key}")
        if name is None:
            break
        found[name] = form.get(f"{member}.member.{number}.{value}", "")
    return found


def _parameters(form: Mapping[str, str], stack: Stack) -> dict[str, str]:
    given = _pairs(form, "Parameters", "ParameterKey", "ParameterValue")
    previous = _pairs(form, "Parameters", "ParameterKey", "UsePreviousValue")
    kept = {
        name: stack.parameters[name]
        for name in previous
        if previous[name] == "true" and name in stack.parameters
    }
    return {**given, **kept}


def _location(url: str) -> tuple[str, str]:
    """The bucket and the key of an address of S3, with the bucket in the path or in the host."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path.lstrip("/")
    found = re.match(r"(.+)\.s3[.-]", host)
    if found:
        return found.group(1), path
    bucket, _, key = path.partition("/")
    return bucket, key


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _error(message: str) -> Response:
    text = message.replace("&", "&amp;").replace("<", "&lt;")
    body = (
        '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>'
        f"<Code>ValidationError</Code><Message>{text}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    return Response(400, [("Content-Type", "text/xml")], body.encode())

"""CloudFormation's API for stacks with custom resources, with transforms, or with what moto's stacks lack."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.parsers import create_parser
from moto.core.serialize import QuerySerializer
from moto.core.utils import get_service_model

from local.account import Account
from local.cloudformation import documents, saved
from local.cloudformation.change_sets import ChangeSets
from local.cloudformation.custom import FAMILY, CustomResources, is_custom
from local.cloudformation.engine import Engine
from local.cloudformation.serverless import SERVERLESS, expanded
from local.cloudformation.stack_store import StackStore
from local.cloudformation.stacks import ResourceFailedError, Stack
from local.cloudformation.templates import (
    Form,
    InvalidRequestError,
    location,
    members,
    pairs,
    parameters,
    parsed,
    resources_of,
    transforms_of,
)
from local.http.messages import Request, Response
from local.iam.operations import Operation

OWN_TYPES = ("AWS::SNS::Subscription", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
OWN_PROPERTIES = {
    "AWS::S3::Bucket": "NotificationConfiguration",
    "AWS::StepFunctions::StateMachine": "DefinitionS3Location",
}
"""Types of moto with a property that it passes over."""
AUTO_EXPAND = "CAPABILITY_AUTO_EXPAND"
STARTS = ("CreateStack", "UpdateStack", "CreateChangeSet")
OF_ALL_STACKS = ("DescribeStacks", "ListStacks")
PAGE = 100
Transform = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Takes the name of a macro and a template, and returns the template that the macro makes of it."""


class CloudFormation:
    """The stacks of this run that moto does not handle.

    `macros` maps the name of a transform to its function, and `transform` calls one. `creates` says whether a
    type without a function can be created. `moto` answers requests about all other stacks.
    """

    def __init__(
        self,
        account: Account,
        engine: Engine,
        custom: CustomResources,
        macros: Mapping[str, str],
        transform: Transform,
        creates: Callable[[str], bool],
        moto: Callable[[Request], Response],
    ) -> None:
        self._account = account
        self._engine = engine
        self._custom = custom
        self._macros = macros
        self._transform = transform
        self._creates = creates
        self._moto = moto
        self.stacks = StackStore(account, engine.exports)
        self._change_sets = ChangeSets(account, self.stacks, self._body_for, self._start, engine)
        self._model = get_service_model("cloudformation")

    def serves(self, called: Operation, request: Request) -> bool:
        """Whether a request is about a stack of this class."""
        if called.service != "cloudformation":
            return False
        form = request.form
        if called.name in OF_ALL_STACKS and not form.get("StackName"):
            return bool(self.stacks.all())
        if called.name == "ListImports":
            return bool(self._engine.exports.importers(form.get("ExportName", "")))
        if self.stacks.find(form.get("StackName", "")) or self._change_sets.find(form):
            return True
        return called.name in STARTS and _needs_engine(parsed(self._source(form)))

    def __call__(self, called: Operation, request: Request) -> Response:
        """Answer a request."""
        form = request.form
        try:
            if called.name in OF_ALL_STACKS and not form.get("StackName"):
                result = self._with_others(called, request)
            else:
                operation = getattr(self, f"_{_snake(called.name)}", None)
                operation = operation or self._change_sets.operations.get(called.name)
                if operation is None:
                    raise InvalidRequestError(
                        f"The local run does not know {called.name} for a stack with custom resources."
                    )
                result = operation(form)
        except InvalidRequestError as error:
            return _error(str(error), error.code)
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
        self.stacks.clear()
        self._change_sets.clear()

    # --- operations on stacks ---

    def _create_stack(self, form: Form) -> dict[str, Any]:
        name = form["StackName"]
        if self.stacks.find(name) is not None:
            raise InvalidRequestError(f"Stack [{name}] already exists", "AlreadyExistsException")
        self._check_capabilities(form)
        source = self._source(form)
        body = self._prepared(parsed(source), form)
        given = parameters(form, body, {})
        stack = self.stacks.new(name, pairs(form, "Tags", "Key", "Value"))
        stack.protected = form.get("EnableTerminationProtection") == "true"
        stack.delete_on_failure = form.get("OnFailure") == "DELETE"
        self._start(
            stack, "CREATE_IN_PROGRESS", form, lambda: self._engine.create(stack, body, given, source)
        )
        return {"StackId": stack.id}

    def _update_stack(self, form: Form) -> dict[str, Any]:
        if self.stacks.find(form["StackName"]) is None:
            raise InvalidRequestError(
                f"Stack [{form['StackName']}] does not exist, or was created without custom resources, "
                "transforms, subscriptions, notifications, policies of topics and queues, and definitions in "
                "buckets. The local run cannot add the first one later: delete the stack, and create it anew."
            )
        stack = self.stacks.updatable(form)
        self._check_capabilities(form)
        body, source = self._body_for(stack, form)
        given = parameters(form, body, stack.parameters)
        tags = pairs(form, "Tags", "Key", "Value")
        same = body == stack.body and given == stack.parameters and (not tags or tags == stack.tags)
        if same and "FAILED" not in stack.status:
            raise InvalidRequestError("No updates are to be performed.")
        stack.tags = tags or stack.tags
        stack.updated_at = datetime.now(UTC)
        self._start(
            stack, "UPDATE_IN_PROGRESS", form, lambda: self._engine.update(stack, body, given, source)
        )
        return {"StackId": stack.id}

    def _delete_stack(self, form: Form) -> dict[str, Any]:
        stack = self.stacks.existing(form, settled=False)
        if stack.status == "DELETE_COMPLETE":
            return {}
        if stack.in_progress:
            raise InvalidRequestError(f"Stack {stack.name} has the status {stack.status}.")
        if stack.protected:
            raise InvalidRequestError(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        for name in stack.exports:
            if users := self._engine.exports.importers(name):
                raise InvalidRequestError(
                    f"Export {name} cannot be deleted as it is in use by {', '.join(users)}"
                )
        retain = members(form, "RetainResources")
        if retain and stack.status != "DELETE_FAILED":
            raise InvalidRequestError("RetainResources is for stacks with the status DELETE_FAILED")
        self._start(stack, "DELETE_IN_PROGRESS", form, lambda: self._engine.delete(stack, retain))
        return {}

    def _continue_update_rollback(self, form: Form) -> dict[str, Any]:
        stack = self.stacks.existing(form)
        if stack.status != "UPDATE_ROLLBACK_FAILED":
            raise InvalidRequestError(
                f"Stack:{stack.id} is in {stack.status} state and can not be rolled back."
            )
        self._start(
            stack,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            form,
            lambda: self._engine.roll_back(stack, "User Initiated"),
        )
        return {}

    def _update_termination_protection(self, form: Form) -> dict[str, Any]:
        stack = self.stacks.existing(form, settled=False)
        stack.protected = form.get("EnableTerminationProtection") == "true"
        self.stacks.save(stack)
        return {"StackId": stack.id}

    def _describe_stacks(self, form: Form) -> dict[str, Any]:
        return {"Stacks": [documents.stack(self.stacks.existing(form, settled=False))]}

    def _describe_stack_events(self, form: Form) -> dict[str, Any]:
        events = documents.events(self.stacks.existing(form, settled=False))
        # A page is counted from the oldest event, because new ones come while somebody reads.
        left = int(form.get("NextToken") or len(events))
        page = events[len(events) - left :][:PAGE]
        return {"StackEvents": page, "NextToken": str(left - PAGE) if left > PAGE else None}

    def _describe_stack_resources(self, form: Form) -> dict[str, Any]:
        stack, wanted = self.stacks.existing(form, settled=False), form.get("LogicalResourceId")
        listed = [one for one in stack.resources.values() if wanted in (None, one.logical_id)]
        return {"StackResources": [documents.resource(stack, one) for one in listed]}

    def _describe_stack_resource(self, form: Form) -> dict[str, Any]:
        stack, name = self.stacks.existing(form, settled=False), form.get("LogicalResourceId", "")
        if name not in stack.resources:
            raise InvalidRequestError(f"Resource {name} does not exist for stack {stack.name}")
        return {"StackResourceDetail": documents.resource(stack, stack.resources[name])}

    def _list_stack_resources(self, form: Form) -> dict[str, Any]:
        stack = self.stacks.existing(form, settled=False)
        found = [documents.resource(stack, one) for one in stack.resources.values()]
        page, token = _page(found, form)
        return {"StackResourceSummaries": page, "NextToken": token}

    def _get_template(self, form: Form) -> dict[str, Any]:
        change_set = self._change_sets.find(form)
        stack = change_set.stack if change_set else self.stacks.existing(form, settled=False)
        source, body = (change_set or stack).source, (change_set or stack).body
        text = documents.template(body) if form.get("TemplateStage") == "Processed" else source
        return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}

    def _get_template_summary(self, form: Form) -> dict[str, Any]:
        return documents.summary(self.stacks.existing(form, settled=False).body)

    def _list_imports(self, form: Form) -> dict[str, Any]:
        return {"Imports": self._engine.exports.importers(form["ExportName"])}

    def _with_others(self, called: Operation, request: Request) -> dict[str, Any]:
        """Moto's page, with our stacks on the first one."""
        answer, form = self._moto(request), request.form
        shape = self._model.operation_model(called.name).output_shape
        result: dict[str, Any] = create_parser("query").parse(
            {"status_code": answer.status, "headers": dict(answer.headers), "body": answer.body}, shape
        )
        result.pop("ResponseMetadata", None)
        if form.get("NextToken"):
            return result
        own = self.stacks.all()
        if called.name == "DescribeStacks":
            shown = [documents.stack(one) for one in own if one.status != "DELETE_COMPLETE"]
            return {**result, "Stacks": [*shown, *result.get("Stacks", ())]}
        wanted = members(form, "StackStatusFilter")
        listed = [documents.stack_summary(one) for one in own if not wanted or one.status in wanted]
        return {**result, "StackSummaries": [*listed, *result.get("StackSummaries", ())]}

    # --- helpers ---

    def _source(self, form: Form) -> str:
        """The text of the template of a request."""
        text = form.get("TemplateBody", "")
        if not text and "TemplateURL" in form:
            bucket, key = location(form["TemplateURL"])
            text = self._account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        return text

    def _check_capabilities(self, form: Form) -> None:
        """A transform needs a capability in requests that nobody reviews as a change set.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
        """
        if transforms_of(parsed(self._source(form))) and AUTO_EXPAND not in members(form, "Capabilities"):
            raise InvalidRequestError(
                f"Requires capabilities : [{AUTO_EXPAND}]", "InsufficientCapabilitiesException"
            )

    def _body_for(self, stack: Stack | None, form: Form) -> tuple[dict[str, Any], str]:
        """The template of an update after its transforms, and its text."""
        if stack is not None and form.get("UsePreviousTemplate") == "true":
            return dict(stack.body), stack.source
        source = self._source(form)
        return self._prepared(parsed(source), form, stack), source

    def _prepared(self, body: dict[str, Any], form: Form, stack: Stack | None = None) -> dict[str, Any]:
        """The template after its transforms.

        Raises InvalidRequestError for a transform or a type that is not here.
        """
        if not resources_of(body):
            raise InvalidRequestError("Template format error: At least one Resources member must be defined.")
        before = {} if stack is None else stack.parameters
        for name in transforms_of(body):
            if name in self._macros:
                body = self._transform(self._macros[name], body)
            elif name == SERVERLESS:
                body = expanded(body, parameters(form, body, before), self._account)
            else:
                known = ", ".join([SERVERLESS, *self._macros])
                raise InvalidRequestError(f"No transform named {name} found. The local run has {known}.")
        body = {name: part for name, part in body.items() if name != "Transform"}
        self._check_types(Stack("", form["StackName"], body, parameters=parameters(form, body, before)))
        return body

    def _check_types(self, stack: Stack) -> None:
        """Raise InvalidRequestError if a resource that a stack would have cannot be created here."""
        declared = resources_of(stack.body).values()
        if not all(isinstance(one, dict) and "Type" in one for one in declared):
            raise InvalidRequestError(
                "Template format error: Every Resources object must contain a Type member."
            )
        types = sorted({str(one["Type"]) for one in declared})
        refused = [name for name in types if name.startswith(FAMILY)]
        if refused and not self._macros:
            text = f"Template format error: Unrecognized resource types: [{', '.join(refused)}]"
            raise InvalidRequestError(f"{text}; the deployed stack has no function that answers for them.")
        try:
            wanted = self._engine.template(stack).types
        except ResourceFailedError as error:
            raise InvalidRequestError(f"Template error: {error}") from error
        missing = [
            f"{name} ({kind})"
            for name, kind in wanted.items()
            if not (is_custom(kind) or self._creates(kind))
        ]
        if missing:
            raise InvalidRequestError(
                f"The local run cannot create {', '.join(missing)}. Leave them out here, for example by a "
                "condition; local/README.md names what is different from AWS."
            )

    def _start(self, stack: Stack, status: str, form: Form, work: Callable[[], None]) -> None:
        """Begin an operation. Its status is in force when this returns."""
        stack.status, stack.token = status, form.get("ClientRequestToken")
        no_rollback = form.get("DisableRollback") == "true" or form.get("OnFailure") == "DO_NOTHING"
        stack.disable_rollback = no_rollback
        threading.Thread(target=_ending, args=(stack, work), name="cloudformation", daemon=True).start()


def _needs_engine(body: Mapping[str, Any]) -> bool:
    """Whether a template needs what moto passes over without a word."""
    return bool(transforms_of(body)) or any(map(_is_passed_over, resources_of(body).values()))


def _is_passed_over(resource: Any) -> bool:
    """Whether a resource is one that moto's stacks are complete without."""
    if not isinstance(resource, dict):
        return False
    kind = str(resource.get("Type"))
    if is_custom(kind) or kind in OWN_TYPES:
        return True
    return OWN_PROPERTIES.get(kind) in (resource.get("Properties") or {})


def _ending(stack: Stack, work: Callable[[], None]) -> None:
    """Do the work. The stack leaves its transitional status, whatever fails."""
    try:
        work()
    finally:
        if stack.status.endswith("_IN_PROGRESS"):
            stack.note(saved.ENDS.get(stack.status, "UPDATE_FAILED"), "The engine failed")


def _page(items: Sequence[Any], form: Form) -> tuple[Sequence[Any], str | None]:
    start = int(form.get("NextToken") or 0)
    end = start + PAGE
    return items[start:end], str(end) if end < len(items) else None


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _error(message: str, code: str) -> Response:
    text = message.replace("&", "&amp;").replace("<", "&lt;")
    body = (
        '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{text}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    return Response(400, [("Content-Type", "text/xml")], body.encode())

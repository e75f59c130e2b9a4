"""Stack operations as CloudFormation runs them: in order, with rollbacks and a clean-up at the end.

A rollback of an update is an update to the earlier template. What was replaced is deleted last, so that a
rollback finds it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from local.cloudformation.exports import Exports
from local.cloudformation.stacks import (
    RETAIN,
    RETAIN_EXCEPT_ON_CREATE,
    Handler,
    ResourceFailedError,
    ResourceRequest,
    Stack,
    StackResource,
)
from local.template import Physical, Template, TemplateError


def as_given(parameter_type: str, text: str) -> str:
    """The value of a parameter without a look at a store."""
    return text


class Engine:
    """Runs stack operations. `handler_of` returns the handler of a resource type.

    `pseudo` has the pseudo parameters that all stacks share: AWS::Region and the like. `parameter` returns
    the value of a parameter of a type: that of `AWS::SSM::Parameter::Value<String>` is elsewhere.
    """

    def __init__(
        self,
        handler_of: Callable[[str], Handler],
        pseudo: Mapping[str, str],
        *,
        exports: Exports | None = None,
        parameter: Callable[[str, str], str] = as_given,
    ) -> None:
        self._handler_of = handler_of
        self._pseudo = dict(pseudo)
        self.exports = exports or Exports()
        self._parameter = parameter

    def create(
        self, stack: Stack, body: Mapping[str, Any], parameters: Mapping[str, str], source: str = ""
    ) -> None:
        """Create all resources of a new stack. If one fails, delete those that were created."""
        stack.body, stack.parameters, stack.source = body, parameters, source
        stack.note("CREATE_IN_PROGRESS", "User Initiated")
        try:
            self._apply(stack, self.template(stack))
        except ResourceFailedError as error:
            if stack.disable_rollback:
                stack.note("CREATE_FAILED", str(error))
                return
            stack.note("ROLLBACK_IN_PROGRESS", str(error))
            failed = self._delete_all(stack, list(stack.resources.values())[::-1])
            stack.note("ROLLBACK_FAILED" if failed else "ROLLBACK_COMPLETE", failed)
            if stack.delete_on_failure and not failed:
                self.delete(stack)
        else:
            stack.note("CREATE_COMPLETE")

    def update(
        self, stack: Stack, body: Mapping[str, Any], parameters: Mapping[str, str], source: str = ""
    ) -> None:
        """Change a stack to a new template. If a resource fails, change it back to the earlier one."""
        before = stack.body, stack.parameters, stack.source
        order = self._known_order(stack)
        stack.body, stack.parameters, stack.source = body, parameters, source
        stack.note("UPDATE_IN_PROGRESS", "User Initiated")
        try:
            order = {**{name: len(order) + at for name, at in self._order(stack).items()}, **order}
            self._apply(stack, self.template(stack))
        except ResourceFailedError as error:
            if stack.disable_rollback:
                stack.note("UPDATE_FAILED", str(error))
                return
            stack.body, stack.parameters, stack.source = before
            self.roll_back(stack, str(error), order)
        else:
            stack.note("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._clean_up(stack, order)
            stack.note("UPDATE_COMPLETE")

    def roll_back(self, stack: Stack, reason: str, order: Mapping[str, int] | None = None) -> None:
        """Change a stack to what its template says, after an update to another one has failed."""
        stack.note("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        try:
            order = order or self._order(stack)
            self._apply(stack, self.template(stack))
        except ResourceFailedError as again:
            stack.note("UPDATE_ROLLBACK_FAILED", str(again))
            return
        stack.note("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self._clean_up(stack, order)
        stack.note("UPDATE_ROLLBACK_COMPLETE")

    def delete(self, stack: Stack, retain: Collection[str] = ()) -> None:
        """Delete all resources but those to retain, dependents first."""
        stack.note("DELETE_IN_PROGRESS", "User Initiated")
        order = self._known_order(stack)
        for one in stack.resources.values():
            if one.logical_id in retain:
                one.deletion_policy = RETAIN
        resources = [*_replaced(stack), *stack.resources.values()]
        failed = self._delete_all(
            stack, sorted(resources, key=lambda one: -order.get(one.logical_id, len(order)))
        )
        stack.superseded = []
        if not failed:
            stack.exports = {}
        stack.note("DELETE_FAILED" if failed else "DELETE_COMPLETE", failed)

    def template(self, stack: Stack) -> Template:
        """The template of a stack with its parameters, and what exists. Raises ResourceFailedError."""
        pseudo = {**self._pseudo, "AWS::StackId": stack.id, "AWS::StackName": stack.name}

        def imported(name: str) -> str:
            stack.imports.append(name)
            return self.exports.value(name)

        declared = stack.body.get("Parameters") or {}
        given = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
        try:
            values = {
                name: self._parameter(str((declared.get(name) or {}).get("Type", "String")), text)
                for name, text in {**given, **stack.parameters}.items()
            }
            template = Template(
                stack.body, stack=stack.name, pseudo=pseudo, parameters=values, imported=imported
            )
        except TemplateError as error:
            raise ResourceFailedError(str(error)) from error
        return template

    # --- steps ---

    def _apply(self, stack: Stack, template: Template) -> None:
        stack.imports = []  # the properties and outputs name them again
        try:
            for logical_id in template.ordered():
                resource = template.resource(logical_id)
                declared = StackResource(
                    logical_id,
                    resource.type,
                    resource.properties,
                    deletion_policy=template.policy(logical_id, "DeletionPolicy"),
                    replace_policy=template.policy(logical_id, "UpdateReplacePolicy"),
                )
                self._apply_one(stack, declared)
                applied = stack.resources[logical_id]
                applied.deletion_policy = declared.deletion_policy
                applied.replace_policy = declared.replace_policy
                assert applied.physical is not None
                template.created(logical_id, applied.physical)
            outputs, exports = template.outputs(), template.exports()
            self.exports.check(stack, exports)
            stack.outputs, stack.exports = outputs, exports
        except TemplateError as error:
            raise ResourceFailedError(f"Template error: {error}") from error

    def _apply_one(self, stack: Stack, declared: StackResource) -> None:
        existing = stack.resources.get(declared.logical_id)
        if existing is not None and (existing.type != declared.type or existing.physical is None):
            stack.superseded.append(existing)
            existing = None
        if existing is None:
            self._create(stack, declared)
        elif existing.properties != declared.properties or existing.status.endswith("_FAILED"):
            self._update(stack, existing, declared.properties)

    def _create(self, stack: Stack, resource: StackResource) -> None:
        stack.resources[resource.logical_id] = resource
        stack.note_resource(resource, "CREATE_IN_PROGRESS")
        try:
            resource.physical = self._handler_of(resource.type).create(_request(stack, resource))
        except ResourceFailedError as error:
            if error.physical_id is not None:
                resource.physical = Physical(error.physical_id)
            stack.note_resource(resource, "CREATE_FAILED", str(error))
            raise _failed(resource, error) from error
        stack.note_resource(resource, "CREATE_COMPLETE")

    def _update(self, stack: Stack, resource: StackResource, properties: dict[str, Any]) -> None:
        old, before = resource.properties, resource.physical
        resource.properties = properties
        stack.note_resource(resource, "UPDATE_IN_PROGRESS")
        try:
            changed = self._handler_of(resource.type).update(_request(stack, resource, old=old))
        except ResourceFailedError as error:
            stack.note_resource(resource, "UPDATE_FAILED", str(error))
            raise _failed(resource, error) from error
        if before is not None and changed.ref != before.ref:
            stack.superseded.append(replace(resource, properties=old, physical=before))
        resource.physical = changed
        stack.note_resource(resource, "UPDATE_COMPLETE")

    def _clean_up(self, stack: Stack, order: Mapping[str, int]) -> None:
        """Delete what was replaced and what is not declared any more. A failure here fails nothing else."""
        declared = set(self.template(stack).types)
        removed = [one for one in stack.resources.values() if one.logical_id not in declared]
        last = len(order)
        for one in sorted([*_replaced(stack), *removed], key=lambda one: -order.get(one.logical_id, last)):
            self._delete(stack, one)
        for one in removed:
            del stack.resources[one.logical_id]
        stack.superseded = []

    def _delete_all(self, stack: Stack, resources: Iterable[StackResource]) -> str | None:
        """Delete resources. Returns the reason if one could not be deleted; it then stays in the stack."""
        left = [one for one in resources if not self._delete(stack, one)]
        failed = [one.logical_id for one in left if stack.resources.get(one.logical_id) is one]
        stack.resources = {name: one for name, one in stack.resources.items() if name in failed}
        return f"The following resource(s) failed to delete: [{', '.join(failed)}]." if failed else None

    def _delete(self, stack: Stack, resource: StackResource) -> bool:
        if resource.physical is None:
            return True
        if _is_retained(stack, resource):
            stack.note_resource(resource, "DELETE_SKIPPED")
            return True
        stack.note_resource(resource, "DELETE_IN_PROGRESS")
        try:
            self._handler_of(resource.type).delete(_request(stack, resource))
        except ResourceFailedError as error:
            stack.note_resource(resource, "DELETE_FAILED", str(error))
            return False
        stack.note_resource(resource, "DELETE_COMPLETE")
        return True

    def _known_order(self, stack: Stack) -> dict[str, int]:
        """The order of the template that a stack has; empty if it could never be created."""
        try:
            return self._order(stack)
        except ResourceFailedError:
            return {}

    def _order(self, stack: Stack) -> dict[str, int]:
        try:
            return {name: number for number, name in enumerate(self.template(stack).ordered())}
        except TemplateError as error:
            raise ResourceFailedError(f"Template error: {error}") from error


def _request(stack: Stack, resource: StackResource, old: dict[str, Any] | None = None) -> ResourceRequest:
    return ResourceRequest(
        stack_id=stack.id,
        stack_name=stack.name,
        logical_id=resource.logical_id,
        type=resource.type,
        properties=resource.properties,
        physical_id=None if resource.physical is None else resource.physical.ref,
        old=old,
    )


def _replaced(stack: Stack) -> list[StackResource]:
    """What was replaced and still exists beside what has replaced it."""
    current = {one.physical.ref for one in stack.resources.values() if one.physical is not None}
    replaced = {one.physical.ref: one for one in stack.superseded if one.physical is not None}
    return [
        replace(one, deletion_policy=one.replace_policy)
        for ref, one in replaced.items()
        if ref not in current
    ]


def _is_retained(stack: Stack, resource: StackResource) -> bool:
    """Whether a policy keeps a resource that was created completely."""
    if resource.status == "CREATE_FAILED":
        return False
    undone = stack.status.startswith("ROLLBACK")
    return resource.deletion_policy == RETAIN or (
        resource.deletion_policy == RETAIN_EXCEPT_ON_CREATE and not undone
    )


def _failed(resource: StackResource, error: ResourceFailedError) -> ResourceFailedError:
    return ResourceFailedError(f"{resource.logical_id}: {error}")

"""Stack operations as CloudFormation runs them: in order, with rollbacks and a clean-up at the end.

A rollback of an update is an update to the earlier template. What was replaced is deleted last, so that a
rollback finds it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.cloudformation.stacks import Handler, ResourceFailedError, ResourceRequest, Stack, StackResource
from local.template import Physical, Template, TemplateError

DELETE, RETAIN = "Delete", "Retain"


class Engine:
    """Runs stack operations. `handler_of` returns the handler of a resource type.

    `pseudo` has the pseudo parameters that all stacks share: AWS::Region and the like.
    """

    def __init__(self, handler_of: Callable[[str], Handler], pseudo: Mapping[str, str]) -> None:
        self._handler_of = handler_of
        self._pseudo = dict(pseudo)

    def create(self, stack: Stack, body: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        """Create all resources of a new stack. If one fails, delete those that were created."""
        stack.body, stack.parameters = body, parameters
        stack.note("CREATE_IN_PROGRESS", "User Initiated")
        try:
            self._apply(stack, self.template(stack), [])
        except ResourceFailedError as error:
            if stack.disable_rollback:
                stack.note("CREATE_FAILED", str(error))
                return
            stack.note("ROLLBACK_IN_PROGRESS", str(error))
            failed = self._delete_all(stack, list(stack.resources.values())[::-1])
            stack.note("ROLLBACK_FAILED" if failed else "ROLLBACK_COMPLETE", failed)
        else:
            stack.note("CREATE_COMPLETE")

    def update(self, stack: Stack, body: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        """Change a stack to a new template. If a resource fails, change it back to the earlier one."""
        before = stack.body, stack.parameters
        order = self._order(stack)
        superseded: list[StackResource] = []
        stack.body, stack.parameters = body, parameters
        stack.note("UPDATE_IN_PROGRESS", "User Initiated")
        try:
            order = {**{name: len(order) + at for name, at in self._order(stack).items()}, **order}
            self._apply(stack, self.template(stack), superseded)
        except ResourceFailedError as error:
            stack.note("UPDATE_ROLLBACK_IN_PROGRESS", str(error))
            stack.body, stack.parameters = before
            try:
                self._apply(stack, self.template(stack), superseded)
            except ResourceFailedError as again:
                stack.note("UPDATE_ROLLBACK_FAILED", str(again))
                return
            stack.note("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
            self._clean_up(stack, superseded, order)
            stack.note("UPDATE_ROLLBACK_COMPLETE")
        else:
            stack.note("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._clean_up(stack, superseded, order)
            stack.note("UPDATE_COMPLETE")

    def delete(self, stack: Stack) -> None:
        """Delete all resources, dependents first."""
        stack.note("DELETE_IN_PROGRESS", "User Initiated")
        order = self._order(stack)
        resources = sorted(stack.resources.values(), key=lambda one: -order.get(one.logical_id, len(order)))
        failed = self._delete_all(stack, resources)
        stack.note("DELETE_FAILED" if failed else "DELETE_COMPLETE", failed)

    def template(self, stack: Stack) -> Template:
        """The template of a stack with its parameters, and what exists. Raises ResourceFailedError."""
        pseudo = {**self._pseudo, "AWS::StackId": stack.id, "AWS::StackName": stack.name}
        try:
            template = Template(
                stack.body, stack=stack.name, pseudo=pseudo, parameters=dict(stack.parameters)
            )
        except TemplateError as error:
            raise ResourceFailedError(str(error)) from error
        return template

    # --- steps ---

    def _apply(self, stack: Stack, template: Template, superseded: list[StackResource]) -> None:
        try:
            for logical_id in template.ordered():
                resource = template.resource(logical_id)
                retained = template.deletion_policy(logical_id) == RETAIN
                self._apply_one(stack, logical_id, resource.type, resource.properties, superseded)
                applied = stack.resources[logical_id]
                applied.retained = retained
                assert applied.physical is not None
                template.created(logical_id, applied.physical)
            stack.outputs = template.outputs()
        except TemplateError as error:
            raise ResourceFailedError(f"Template error: {error}") from error

    def _apply_one(
        self,
        stack: Stack,
        logical_id: str,
        resource_type: str,
        properties: dict[str, Any],
        superseded: list[StackResource],
    ) -> None:
        existing = stack.resources.get(logical_id)
        if existing is not None and (existing.type != resource_type or existing.physical is None):
            superseded.append(existing)
            existing = None
        if existing is None:
            self._create(stack, StackResource(logical_id, resource_type, properties))
        elif existing.properties != properties or existing.status.endswith("_FAILED"):
            self._update(stack, existing, properties, superseded)

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

    def _update(
        self,
        stack: Stack,
        resource: StackResource,
        properties: dict[str, Any],
        superseded: list[StackResource],
    ) -> None:
        old, before = resource.properties, resource.physical
        resource.properties = properties
        stack.note_resource(resource, "UPDATE_IN_PROGRESS")
        try:
            changed = self._handler_of(resource.type).update(_request(stack, resource, old=old))
        except ResourceFailedError as error:
            stack.note_resource(resource, "UPDATE_FAILED", str(error))
            raise _failed(resource, error) from error
        if before is not None and changed.ref != before.ref:
            superseded.append(StackResource(resource.logical_id, resource.type, old, before))
        resource.physical = changed
        stack.note_resource(resource, "UPDATE_COMPLETE")

    def _clean_up(self, stack: Stack, superseded: list[StackResource], order: Mapping[str, int]) -> None:
        """Delete what was replaced and what is not declared any more. A failure here fails nothing else."""
        declared = set(self.template(stack).types)
        removed = [one for one in stack.resources.values() if one.logical_id not in declared]
        current = {one.physical.ref for one in stack.resources.values() if one.physical is not None}
        replaced = {one.physical.ref: one for one in superseded if one.physical is not None}
        left = [one for ref, one in replaced.items() if ref not in current]
        last = len(order)
        for one in sorted([*left, *removed], key=lambda one: -order.get(one.logical_id, last)):
            self._delete(stack, one)
        for one in removed:
            del stack.resources[one.logical_id]

    def _delete_all(self, stack: Stack, resources: Iterable[StackResource]) -> str | None:
        """Delete resources. Returns the reason if one could not be deleted; it then stays in the stack."""
        failed = [one.logical_id for one in resources if not self._delete(stack, one)]
        stack.resources = {name: one for name, one in stack.resources.items() if name in failed}
        return f"The following resource(s) failed to delete: [{', '.join(failed)}]." if failed else None

    def _delete(self, stack: Stack, resource: StackResource) -> bool:
        if resource.physical is None:
            return True
        if resource.retained and not stack.status.startswith("ROLLBACK"):
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


def _failed(resource: StackResource, error: ResourceFailedError) -> ResourceFailedError:
    return ResourceFailedError(f"{resource.logical_id}: {error}")

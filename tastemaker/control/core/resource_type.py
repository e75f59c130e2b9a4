"""A resource type: one class per resource, with its declaration, operations and lifecycle."""

from tastemaker.control.core.lifecycle import Lifecycle


class ResourceType(Lifecycle):
    """The base class of every resource type.

    A subclass sets the class attributes of `Declaration` and overrides the hooks that differ. `Operations`
    has create, describe, list and delete; `Lifecycle` has the steps of the workflow.
    """

"""What a resource type declares: its names, its references to other resources, and the rules that differ."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tastemaker.contracts import statuses
from tastemaker.contracts.plans import OwnedData
from tastemaker.control.core.records import Record

Body = dict[str, Any]
Request = Mapping[str, Any]
Operation = Callable[[dict[str, Any]], Mapping[str, Any] | None]

ALWAYS, IN_TRANSITION, NEVER = "always", "in transition", "never"
"""Values of `Reference.blocks_deletion`."""


@dataclass(frozen=True)
class Reference:
    """A request member that names another resource.

    `active` requires the other resource to be ACTIVE when this one is created. `blocks_deletion` says when
    this resource keeps the other one from being deleted: ALWAYS, IN_TRANSITION (only while this resource is
    in transition) or NEVER.
    """

    member: str
    resource_type: str
    active: bool = True
    blocks_deletion: str = ALWAYS


class Declaration:
    """The class attributes and hooks of a resource type, and the names that follow from them.

    `name` is the word in the names of the operations; the members of requests and responses follow from it.
    `segment` is the word in ARNs, and `arn_end` shows what follows it. The first of `references` is the
    parent, which lists are filtered by, unless a subclass overrides `parent` and `list_by`. `verbs` are the
    operations. `first_status` is the status after creation, None for a type without statuses. `workflow` is
    what creation starts. `has_data`
    says that deletion runs the delete workflow, because data in the lake or in tables belong to the resource.
    `quota` is a name in `quotas.DOCUMENTED`; with `quota_counts_in_transition` only resources in transition
    count towards it.
    """

    name: ClassVar[str]
    segment: ClassVar[str]
    arn_end: ClassVar[str] = "<name>"
    references: ClassVar[tuple[Reference, ...]] = ()
    name_member: ClassVar[str] = "name"
    verbs: ClassVar[tuple[str, ...]] = ("Create", "Describe", "List", "Delete")
    first_status: ClassVar[str | None] = statuses.ACTIVE
    failed_status: ClassVar[str] = statuses.FAILED
    workflow: ClassVar[str | None] = None
    has_data: ClassVar[bool] = False
    taggable: ClassVar[bool] = True
    quota: ClassVar[str | None] = None
    quota_counts_in_transition: ClassVar[bool] = False

    # --- names that follow from the name ---

    @property
    def member(self) -> str:
        """The response member of Describe: `datasetImportJob`."""
        return self.name[0].lower() + self.name[1:]

    @property
    def arn_member(self) -> str:
        """The member that holds the ARN: `datasetImportJobArn`."""
        return f"{self.member}Arn"

    @property
    def list_name(self) -> str:
        """The plural in the name of the List operation: `DatasetImportJobs`."""
        return f"{self.name}s"

    @property
    def list_member(self) -> str:
        """The response member of List: `datasetImportJobs`."""
        return f"{self.member}s"

    @property
    def list_by(self) -> str | None:
        """The request member that narrows a list to one parent."""
        return self.references[0].member if self.references else None

    @property
    def label(self) -> str:
        """The name in messages: "dataset import job"."""
        return " ".join(re.findall(r"[A-Z][a-z]*", self.name)).lower()

    @property
    def deletable(self) -> bool:
        """Whether there is a Delete operation."""
        return "Delete" in self.verbs

    # --- hooks ---

    def owns(self, arn: str) -> bool:
        """Whether an ARN with this segment is of this type; solutions and their versions share a segment."""
        return True

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        """Check the rules of creation and return the members of the new record.

        `referenced` maps a request member to the record that it names. Raises InvalidInput.
        """
        return {name: value for name, value in request.items() if name != "tags"}

    def suffix(self, body: Body) -> str:
        """The part of the ARN after the account."""
        return f"{self.segment}/{body[self.name_member]}"

    def parent(self, body: Body, referenced: Mapping[str, Record]) -> str | None:
        """The ARN of the parent, by which lists are filtered."""
        return body.get(self.references[0].member) if self.references else None

    def aliases(self, arn: str, body: Body) -> dict[str, str]:
        """Other unique keys of the record: they make names unique, and allow "only one per group"."""
        return {}

    def describe_body(self, record: Record) -> Body:
        """What Describe returns."""
        return record.body

    def list_body(self, record: Record) -> Body:
        """What List returns."""
        return record.body

    def touches(self, referenced: Record) -> bool:
        """Whether a new record conflicts with a deletion of one that it refers to, and that has begun."""
        return False

    def check_deletable(self, record: Record) -> None:
        """Rules of deletion beyond references from other resources. Raises ResourceInUse."""

    def before_delete(self, record: Record) -> None:
        """Stop what must not go on once deletion has begun."""

    def owned_data(self, record: Record) -> OwnedData:
        """What the delete workflow removes, as members of `DeletePlan`."""
        return {}

    def schedule_work(self, record: Record) -> None:
        """Schedule the work that recurs while the record exists. Raises StartError."""

    def has_execution(self, record: Record) -> bool:
        """Whether a record in transition waits for an execution, and not for another resource."""
        return True

    def finish_creation(self, record: Record) -> Record:
        """Do what the creation of a record without an execution has left undone. May change nothing."""
        return record

    def workflow_input(self, record: Record) -> dict[str, Any]:
        """The input of the workflow that creation starts."""
        return {self.arn_member: record.arn}

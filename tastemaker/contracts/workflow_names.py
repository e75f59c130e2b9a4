"""The table of workflows. Each workflow is one state machine.

The infrastructure creates a state machine per row, the control plane starts it, and the `steps` function
recognizes it by its name. Standard library only: the infrastructure imports this module.
"""

from __future__ import annotations

from dataclasses import dataclass

IMPORT = "import"
TRAIN = "train"
DEPLOY = "deploy"
REFRESH = "refresh"
DELETE = "delete"
BATCH = "batch"
ATTRIBUTION = "attribution"
EXPORT = "export"
DATA_DELETION = "data-deletion"
DECLARE = "declare"
MAILING = "mailing"


@dataclass(frozen=True)
class WorkflowName:
    """A workflow's name and the members of an execution's input that name its subject.

    The input has one of `subjects`, the ARN of a resource. A `scheduled` workflow can be started by a
    schedule.
    """

    name: str
    subjects: tuple[str, ...]
    scheduled: bool = False

    @property
    def machine_arn_variable(self) -> str:
        """The environment variable that holds the ARN of the state machine."""
        return f"TASTEMAKER_{self.name.upper().replace('-', '_')}_MACHINE_ARN"

    @property
    def title(self) -> str:
        """The name in upper camel case, as CloudFormation's logical IDs and outputs spell it."""
        return "".join(word.capitalize() for word in self.name.split("-"))


WORKFLOWS: dict[str, WorkflowName] = {
    row.name: row
    for row in (
        WorkflowName(IMPORT, ("datasetImportJobArn",)),
        WorkflowName(TRAIN, ("solutionVersionArn", "recommenderArn"), scheduled=True),
        WorkflowName(DEPLOY, ("campaignArn", "recommenderArn")),
        WorkflowName(REFRESH, ("campaignArn", "recommenderArn"), scheduled=True),
        WorkflowName(DELETE, ("arn",)),
        WorkflowName(BATCH, ("batchInferenceJobArn", "batchSegmentJobArn")),
        WorkflowName(ATTRIBUTION, ("metricAttributionArn",), scheduled=True),
        WorkflowName(EXPORT, ("datasetExportJobArn",)),
        WorkflowName(DATA_DELETION, ("dataDeletionJobArn",)),
        WorkflowName(DECLARE, ()),  # its subject is a request of CloudFormation
        WorkflowName(MAILING, ()),  # a person starts it, and reads its output
    )
}
"""Every workflow by its name."""


def machine_name(stack_name: str, workflow: str) -> str:
    """The name of a workflow's state machine in the stack `stack_name`."""
    return f"{stack_name}-{workflow}"


def workflow_of(machine_arn: str) -> str:
    """The workflow of the state machine with this ARN. Raises ValueError if it is none of ours."""
    for name in WORKFLOWS:
        if machine_arn.endswith(f"-{name}"):
            return name
    raise ValueError(f"The state machine {machine_arn} belongs to no workflow: {', '.join(WORKFLOWS)}.")

"""How a file spells what can be declared.

A section is named as the list of the type (`datasetGroups`), and maps a key of the user's choice to the
members of the Create operation. The name of the resource is its key unless it is given. A member that names a
resource may be written without `Arn`, with the key of a declared resource: `datasetGroup: shop`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tastemaker.declaration.types import TYPES, DeclaredType

DATASET_TYPES = ("Interactions", "Items", "Users", "Actions", "Action_Interactions")
RECIPE = "arn:aws:personalize:::recipe/"
SYNC = "syncWithLatestSolutionVersion"
CAMPAIGN = "campaign"
"""The property that makes a campaign an alias of another one."""
FILE = "file"
"""The key of a mapping that stands for the text of a file: `{file: interactions.avsc}`."""


@dataclass(frozen=True)
class Section:
    """The section of one declared type. `short_names` maps what a file may write to the API's member."""

    type: DeclaredType

    @property
    def name(self) -> str:
        """The key of the section: `datasetGroups`."""
        return f"{self.type.name[0].lower()}{self.type.name[1:]}s"

    @property
    def members(self) -> Mapping[str, Any]:
        """The members of the Create operation → their shapes."""
        shapes = self.type.shape.members
        return {name: shapes[name] for name in self.type.properties}

    @cached_property
    def short_names(self) -> Mapping[str, str]:
        """A reference without `Arn` → the API's member."""
        found = {name.removesuffix("Arn"): name for name in self.type.references}
        if "recipeArn" in self.members:
            found["recipe"] = "recipeArn"
        if "solutionVersionArn" in self.members:
            found["solution"] = "solutionVersionArn"  # the latest version of this solution
        if self.type.name == "Campaign":
            found[CAMPAIGN] = "solutionVersionArn"  # the campaign that an alias points at
        return found

    @property
    def optional(self) -> set[str]:
        """Required members that have a default in a file."""
        defaults = {self.type.name_member, "datasetGroupArn"}
        return defaults | ({"datasetType"} if self.type.name == "Dataset" else set())

    def spelled(self, member: str) -> str:
        """How a file spells a member of the API: a reference without `Arn`."""
        return next((short for short, name in self.short_names.items() if name == member), member)


SECTIONS: dict[str, Section] = {section.name: section for section in map(Section, TYPES.values())}
"""The sections in the order of `TYPES`."""
BY_TYPE: dict[str, Section] = {section.type.name: section for section in SECTIONS.values()}
TOP_LEVEL = ("variables", "environments", "namePrefix", "defaults")
"""What a file has beside the sections."""
DEFAULTS = ("roleArn", "tags")
"""Members that `defaults` gives to every resource that has them and does not give them itself."""


def dataset_type(text: str) -> str | None:
    """The dataset type that a key stands for; None if it stands for none."""
    plain = text.lower().replace("-", "_")
    return next((one for one in DATASET_TYPES if one.lower() in (plain, plain + "s")), None)

"""Dataset groups: ACTIVE at once, since nothing has to be built."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.lake_layout import GroupFolder
from tastemaker.control.core.arns import name_of
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Body, Kind, Request
from tastemaker.control.core.records import Record
from tastemaker.errors import InvalidInput


class DatasetGroup(Kind):
    name = "DatasetGroup"
    segment = "dataset-group"
    purged = True
    quota = "datasetGroups"

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        if "roleArn" in request and "kmsKeyArn" not in request:
            raise InvalidInput("roleArn is only valid together with kmsKeyArn; give both or neither.")
        return super().members(desk, request, found)

    def belongings(self, desk: Desk, record: Record) -> dict[str, Any]:
        group = record.body["name"]
        return {"prefixes": [GroupFolder(group).prefix], "profilesOf": group}


def group_name(arn: str) -> str:
    """The name in a dataset group's ARN: the folder of its data in the lake."""
    return name_of(arn)

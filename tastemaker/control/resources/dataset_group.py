"""Dataset groups: ACTIVE at once, because nothing has to be built."""

from collections.abc import Mapping

from tastemaker.contracts.lake_layout import GroupFolder
from tastemaker.contracts.plans import OwnedData
from tastemaker.control.core.declaration import Body, Request
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType
from tastemaker.errors import InvalidInput

PROFILES_LISTED = "_profilesListed"
"""The private member of a dataset group whose users have been listed from its first event."""


class DatasetGroup(ResourceType):
    """A dataset group. Its name is also the name of its folder in the lake."""

    name = "DatasetGroup"
    segment = "dataset-group"
    has_data = True
    quota = "datasetGroups"

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        if "roleArn" in request and "kmsKeyArn" not in request:
            raise InvalidInput("roleArn is only valid together with kmsKeyArn; give both or neither.")
        if "kmsKeyArn" in request:
            raise InvalidInput(
                f"kmsKeyArn is {request['kmsKeyArn']}, but a dataset group has no key of its own here: one "
                "key encrypts the whole deployment. Leave out kmsKeyArn and roleArn."
            )
        return {**super().build_body(request, referenced), PROFILES_LISTED: True}

    def owned_data(self, record: Record) -> OwnedData:
        group = record.body["name"]
        return {
            "prefixes": [GroupFolder(group).prefix],
            "profilesOf": group,
            "profilesListed": PROFILES_LISTED in record.body,
        }

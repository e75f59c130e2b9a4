"""Dataset groups: ACTIVE at once, because nothing has to be built."""

from collections.abc import Mapping

from tastemaker.contracts.dataset_storage import DATA_ID, group_folder
from tastemaker.contracts.plans import OwnedData
from tastemaker.control.core.declaration import Body, Request
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType
from tastemaker.errors import InvalidInput

PROFILES_LISTED = "_profilesListed"
"""The private member of a dataset group whose users have been listed from its first event."""


class DatasetGroup(ResourceType):
    """A dataset group. Private members: `_dataId`, its data ID, and `_profilesListed`."""

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
        own = {PROFILES_LISTED: True, DATA_ID: self.context.ports.ids.short()}
        return {**super().build_body(request, referenced), **own}

    def owned_data(self, record: Record) -> OwnedData:
        prefixes = [group_folder(record.body).prefix]
        if DATA_ID in record.body:  # its datasets have data IDs too, and their profiles went with them
            return {"prefixes": prefixes}
        return {
            "prefixes": prefixes,
            "profilesOf": record.body["name"],
            "profilesListed": PROFILES_LISTED in record.body,
        }

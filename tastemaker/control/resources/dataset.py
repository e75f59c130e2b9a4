"""Datasets: one of each type in a dataset group."""

from collections.abc import Mapping

from tastemaker import schemas
from tastemaker.contracts.arns import group_name
from tastemaker.contracts.dataset_storage import DATA_ID, data_id_alias
from tastemaker.contracts.plans import OwnedData
from tastemaker.control.core.datasets import (
    bulk_data_changed_at,
    imports_folder,
    parsed_schema,
    storage_of,
)
from tastemaker.control.core.declaration import Body, Reference, Request
from tastemaker.control.core.operations import ensure_ended
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType
from tastemaker.control.core.updates import applied
from tastemaker.control.resources.event_tracker import has_or_had_tracker
from tastemaker.errors import InvalidInput, LimitExceeded

UPDATABLE = ("ITEMS", "USERS")
SCHEMA_BEFORE = "_schemaBefore"
WITH_EVENTS = ("INTERACTIONS", "ACTION_INTERACTIONS")
EVENT_INTERACTIONS = "EVENT_INTERACTIONS"
"""The type of the dataset that event trackers of earlier versions of Personalize made."""


class Dataset(ResourceType):
    """A dataset. It is ACTIVE at once.

    Private members, which `core/datasets.py` reads: `_dataId`, its data ID; `_imports`, the visible bulk data
    as a list of `VisibleImport`; `_importLists`, the keys of lists of earlier imports; `_importedAt`, when
    that last changed; `_schemaBefore`, the schema before the last update.
    """

    name = "Dataset"
    segment = "dataset"
    arn_end = "<dataset group>/<type>"
    references = (Reference("datasetGroupArn", "DatasetGroup"), Reference("schemaArn", "Schema"))
    verbs = ("Create", "Describe", "List", "Update", "Delete")
    has_data = True

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        body = super().build_body(request, referenced)
        dataset_type = body["datasetType"] = request["datasetType"].upper()
        domain = referenced["datasetGroupArn"].body.get("domain")
        allowed = schemas.DOMAIN_DATASET_TYPES if domain else schemas.DATASET_TYPES
        if dataset_type not in allowed:
            raise InvalidInput(
                f"datasetType is {request['datasetType']!r}; this dataset group takes {', '.join(allowed)}."
            )
        self._check_schema(referenced["schemaArn"], dataset_type, domain)
        body["_imports"] = []
        body[DATA_ID] = self.context.ports.ids.short()
        if dataset_type == "ACTION_INTERACTIONS":
            body["trackingId"] = self.context.ports.ids.uuid()
        return body

    def suffix(self, body: Body) -> str:
        return f"dataset/{group_name(body['datasetGroupArn'])}/{body['datasetType']}"

    def aliases(self, arn: str, body: Body) -> dict[str, str]:
        aliases = {data_id_alias(arn): body[DATA_ID]} if DATA_ID in body else {}
        return {**aliases, f"tracking-id/{body['trackingId']}": arn} if "trackingId" in body else aliases

    def delete(self, request: Request) -> None:
        """DeleteDataset, also of the dataset that Personalize once made for streamed events.

        It does not exist here, because streamed events belong to Interactions. Programs that were written for
        it end with its deletion, so there is nothing to delete and nothing to refuse.
        """
        group_arn, _, dataset_type = (
            request["datasetArn"].replace(":dataset/", ":dataset-group/").rpartition("/")
        )
        if dataset_type == EVENT_INTERACTIONS and has_or_had_tracker(self.context, group_arn):
            return
        super().delete(request)

    def check_deletable(self, record: Record) -> None:
        for solution in self.context.records.each("Solution", record.parent):
            for version in self.context.records.each_current("SolutionVersion", solution.arn):
                ensure_ended(version)

    def owned_data(self, record: Record) -> OwnedData:
        storage = storage_of(record)
        owned: OwnedData = {
            "prefixes": [imports_folder(self.context, record)],
            "catalogOf": storage.catalog,
        }
        if record.body["datasetType"] in WITH_EVENTS:
            owned["prefixes"].append(storage.events)
            owned["late"] = [storage.events]
            if storage.data_id is not None:
                owned |= {"profilesOf": storage.event_group, "profilesListed": True}
        return owned

    def update(self, request: Request) -> Body:
        """UpdateDataset: replace the schema of Items or Users with a wider one, in force at once.

        The last update can be taken back, as long as no import has used the new schema.
        """
        records = self.context.records
        record = records.find_active("Dataset", request["datasetArn"])
        if record.body["datasetType"] not in UPDATABLE:
            raise InvalidInput(f"Only datasets of the types {', '.join(UPDATABLE)} can be updated.")
        new = records.find("Schema", request["schemaArn"])
        old = records.find("Schema", record.body["schemaArn"])
        group = records.find("DatasetGroup", record.body["datasetGroupArn"])
        self._check_schema(new, record.body["datasetType"], group.body.get("domain"))
        if not _takes_back_update(record, new):
            schemas.check_wider(parsed_schema(old), parsed_schema(new))
        update = applied(self.context, schemaArn=new.arn)
        members = {"schemaArn": new.arn, "latestDatasetUpdate": update, SCHEMA_BEFORE: old.arn}
        return self.context.writer.change(record, **members).body

    def _check_schema(self, record: Record, dataset_type: str, domain: str | None) -> None:
        if record.body.get("domain") != domain:
            raise InvalidInput(
                f"The schema {record.arn} is for {record.body.get('domain') or 'no domain'} and the dataset "
                f"group for {domain or 'no domain'}; both must have the same domain."
            )
        schema = parsed_schema(record)
        schemas.check_type(schema, dataset_type)
        quota = f"metadataColumns{dataset_type.title().replace('_', '')}"
        limit = self.context.ports.quotas.get(quota)
        if limit is not None and len(schema.metadata) > limit:
            raise LimitExceeded(
                f"The schema has {len(schema.metadata)} metadata columns, more than {limit}; drop some, or "
                f"raise the quota {quota}."
            )


def _takes_back_update(dataset: Record, schema: Record) -> bool:
    """Whether a schema is the one before the last update, and no import has become visible since."""
    update = dataset.body.get("latestDatasetUpdate")
    if update is None or dataset.body.get(SCHEMA_BEFORE) != schema.arn:
        return False
    return bulk_data_changed_at(dataset) < float(update["creationDateTime"])

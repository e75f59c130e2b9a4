"""The delivery of events to the lake: columns, partition keys and file names as the readers expect them."""

from __future__ import annotations

import re
from typing import Any

import jq
import pytest

from infrastructure.data.event_delivery import EVENTS_PREFIX, PARTITION_QUERY
from tastemaker.contracts.lake_layout import GroupFolder, action_group
from tastemaker.contracts.streamed_event import COLUMNS
from tests.infrastructure.conftest import Template, actions_of


def destination(template: Template) -> dict[str, Any]:
    (stream,) = template.of_type("AWS::KinesisFirehose::DeliveryStream").values()
    found: dict[str, Any] = stream["ExtendedS3DestinationConfiguration"]
    return found


def test_table_declares_the_columns_as_glue_stores_them(template: Template) -> None:
    (table,) = template.of_type("AWS::Glue::Table").values()
    columns = {one["Name"]: one["Type"] for one in table["TableInput"]["StorageDescriptor"]["Columns"]}
    assert columns == {name.lower(): column_type for name, column_type in COLUMNS.items()}
    given = destination(template)["DataFormatConversionConfiguration"]["InputFormatConfiguration"]
    assert given["Deserializer"]["OpenXJsonSerDe"] == {"CaseInsensitive": True}


def test_policies_decide_on_the_schema_where_lake_formation_would(template: Template) -> None:
    """An account can let Lake Formation decide on new databases and tables; a database can differ from it.

    https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
    """
    (database,) = template.of_type("AWS::Glue::Database").values()
    everyone = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
    given = database["DatabaseInput"]["CreateTableDefaultPermissions"]
    assert given == [{"Permissions": ["ALL"], "Principal": everyone}]


def test_files_have_the_extension_that_readers_ask_for(template: Template) -> None:
    assert destination(template)["FileExtension"] == ".parquet"


@pytest.mark.parametrize(
    ("dataset_group", "prefix"),
    [("films", GroupFolder("films").events), (action_group("films"), GroupFolder("films").action_events)],
)
def test_partition_keys_have_no_slash_and_lead_to_the_folder_of_the_readers(
    dataset_group: str, prefix: str, template: Template
) -> None:
    given = destination(template)
    (processor,) = given["ProcessingConfiguration"]["Processors"]
    parameters = {one["ParameterName"]: one["ParameterValue"] for one in processor["Parameters"]}
    assert parameters["MetadataExtractionQuery"] == PARTITION_QUERY
    keys = jq.compile(PARTITION_QUERY).input_value({"datasetGroup": dataset_group}).first()
    assert not [value for value in keys.values() if "/" in value]
    assert given["Prefix"] == EVENTS_PREFIX
    evaluated = re.sub(r"!\{partitionKeyFromQuery:(\w+)\}", lambda match: keys[match[1]], EVENTS_PREFIX)
    assert evaluated == f"{prefix}!{{timestamp:yyyy/MM/dd}}/"


def test_readers_of_action_events_find_those_of_older_deployments() -> None:
    """Delivery wrote them below `actions/events/` before partition keys had no slash."""
    old = GroupFolder(action_group("films")).events
    assert old == "groups/films/actions/events/" and old.startswith(GroupFolder("films").action_events)


def test_delivery_has_the_documented_permissions(template: Template) -> None:
    """For S3, Glue, a Kinesis stream and the log of errors.

    https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
    """
    role = destination(template)["RoleARN"]["Fn::GetAtt"][0]
    granted = actions_of(template.of_type("AWS::IAM::Policy"), role)
    objects = {"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}
    bucket = {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}
    schema = {"glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"}
    needed = {*objects, *bucket, *schema, "logs:PutLogEvents"}
    if template.of_type("AWS::Kinesis::Stream"):
        needed |= {
            f"kinesis:{name}" for name in ("DescribeStream", "GetShardIterator", "GetRecords", "ListShards")
        }
    if template.of_type("AWS::KMS::Key"):
        needed |= {"kms:Decrypt", "kms:GenerateDataKey"}
    assert granted == needed

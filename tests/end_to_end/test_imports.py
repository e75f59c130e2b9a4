"""Items that are imported, added, given another column, upserted and replaced."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.end_to_end.store import SCHEMAS, Store

FIRST = "ITEM_ID,AISLE,PRICE,DESCRIPTION\nrye,bread,2,dark\nbrie,cheese,3,soft\n"
ORGANIC = {"name": "ORGANIC", "type": ["null", "boolean"]}


@pytest.fixture(scope="module")
def store(endpoint: str) -> Store:
    store = Store(endpoint, "imports")
    store.load("Items", FIRST)
    return store


def load(store: Store, name: str, mode: str, location: str) -> None:
    job = store.personalize.create_dataset_import_job(
        jobName=name,
        datasetArn=store.datasets["Items"],
        dataSource={"dataLocation": location},
        roleArn=store.role,
        importMode=mode,
    )["datasetImportJobArn"]
    done = store.wait("dataset_import_job", "datasetImportJob", job)
    assert done["importMode"] == mode


def exported(store: Store, name: str, mode: str) -> dict[str, dict[str, str]]:
    """Item → row of an export that has each item once."""
    arn = store.personalize.create_dataset_export_job(
        jobName=f"{store.name}-{name}",
        datasetArn=store.datasets["Items"],
        ingestionMode=mode,
        roleArn=store.role,
        jobOutput={"s3DataDestination": {"path": f"s3://{store.bucket}/exports/"}},
    )["datasetExportJobArn"]
    store.wait("dataset_export_job", "datasetExportJob", arn)
    rows = list(csv.DictReader(io.StringIO(store.text(f"exports/{store.name}-{name}.csv"))))
    found = {row["ITEM_ID"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def widen(store: Store) -> None:
    """Add a column that may be null to the schema."""
    schema = {
        "type": "record",
        "name": "Items",
        "namespace": "com.amazonaws.personalize.schema",
        "fields": [*SCHEMAS["Items"], ORGANIC],
        "version": "1.0",
    }
    arn = store.personalize.create_schema(name="imports-wider", schema=json.dumps(schema))["schemaArn"]
    store.personalize.update_dataset(datasetArn=store.datasets["Items"], schemaArn=arn)


def test_items_from_their_first_import_to_their_replacement(store: Store) -> None:
    events = store.client("personalize-events")
    oolong = {"aisle": "tea", "price": 9.0}
    events.put_items(
        datasetArn=store.datasets["Items"], items=[{"itemId": "oolong", "properties": json.dumps(oolong)}]
    )
    widen(store)
    # A Parquet file with the new column adds an item and replaces one.
    rows = [
        {"ITEM_ID": "brie", "AISLE": "cheese", "PRICE": 4.0, "DESCRIPTION": None, "ORGANIC": True},
        {"ITEM_ID": "pear", "AISLE": "fruit", "PRICE": 1.0, "DESCRIPTION": "green", "ORGANIC": None},
    ]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    store.s3.put_object(Bucket=store.bucket, Key="more/items.parquet", Body=file.getvalue())
    load(store, "imports-more", "INCREMENTAL", f"s3://{store.bucket}/more/")
    found = exported(store, "added", "ALL")
    assert {item: row["PRICE"] for item, row in found.items()} == {
        "rye": "2.0", "brie": "4.0", "pear": "1.0", "oolong": "9.0"
    }  # fmt: skip
    assert {item: row["ORGANIC"] for item, row in found.items() if row["ORGANIC"]} == {"brie": "true"}
    # A full import replaces imported items and keeps upserts.
    again = "ITEM_ID,AISLE,PRICE,DESCRIPTION,ORGANIC\nrye,bread,5,light,\n"
    load(store, "imports-again", "FULL", store.put("again.csv", again))
    assert {item: row["PRICE"] for item, row in exported(store, "replaced", "ALL").items()} == {
        "rye": "5.0", "oolong": "9.0"
    }  # fmt: skip
    assert exported(store, "put", "PUT").keys() == {"oolong"}
    assert exported(store, "bulk", "BULK").keys() == {"rye"}

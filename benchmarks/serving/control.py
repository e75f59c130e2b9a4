"""What a control call takes: capacity units of DynamoDB, and milliseconds in a local run.

    python -m benchmarks.serving.control [--calls 100] [--records 50]

Units are counted from the requests that the domain's code makes of the table (AWS in memory) and from the
sizes of items, by DynamoDB's rules: a consistent read takes one for each 4 KB, one of an index half; a write
takes one for each KB, and as much again for each index that the item is in; transactions take twice as much.
Local latency is that of a stock boto3 client, over HTTP, on this machine.
"""

import argparse
import json
import math
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import boto3
from moto import mock_aws

from benchmarks.serving import schemas
from lambdas.stores.records import ResourceTable
from lambdas.support.control_plane import RandomIds
from local import Local
from tastemaker.contracts.arns import AccountScope
from tastemaker.control import registry

REGION, TABLE = "us-east-1", "resources"
INDEXES = {"by-kind": "kind", "by-parent": "parent", "by-moving": "moving"}
GROUP_ARN = f"arn:aws:personalize:{REGION}:123456789012:dataset-group/"


class Metered:
    """A DynamoDB client that counts units as `reads` and `writes`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.units: dict[str, float] = {"reads": 0.0, "writes": 0.0}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_item(self, **request: Any) -> Any:
        answer = self._client.get_item(**request)
        self.units["reads"] += _reads(answer.get("Item", {}), 1.0 if request.get("ConsistentRead") else 0.5)
        return answer

    def query(self, **request: Any) -> Any:
        answer = self._client.query(**request)
        self.units["reads"] += _reads(answer["Items"], 0.5)
        return answer

    def put_item(self, **request: Any) -> Any:
        self.units["writes"] += _writes(request["Item"])
        return self._client.put_item(**request)

    def delete_item(self, **request: Any) -> Any:
        self.units["writes"] += _writes(self._kept(request["Key"]))
        return self._client.delete_item(**request)

    def transact_write_items(self, **request: Any) -> Any:
        for one in request["TransactItems"]:
            if "Put" in one:
                self.units["writes"] += 2 * _writes(one["Put"]["Item"])
            elif "Delete" in one:
                self.units["writes"] += 2 * _writes(self._kept(one["Delete"]["Key"]))
            else:
                self.units["writes"] += 2 * _kilobytes(self._kept(one["ConditionCheck"]["Key"]))
        return self._client.transact_write_items(**request)

    def _kept(self, key: dict[str, Any]) -> dict[str, Any]:
        item: dict[str, Any] = self._client.get_item(TableName=TABLE, Key=key).get("Item", {})
        return item


class Idle:
    """Work that is started elsewhere."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _reads(value: Any, each: float) -> float:
    return each * max(1, math.ceil(_size(value) / 4096))


def _kilobytes(item: dict[str, Any]) -> int:
    return max(1, math.ceil(_size(item) / 1024))


def _writes(item: dict[str, Any]) -> int:
    return _kilobytes(item) * (1 + sum(attribute in item for attribute in INDEXES.values()))


def flow(call: Callable[..., dict[str, Any]], records: int) -> None:
    """What is measured, call by call, among so many groups."""
    for number in range(records):
        call("CreateDatasetGroup", name=f"group-{number}")
    group = call("CreateDatasetGroup", name="measured")["datasetGroupArn"]
    schema = call("CreateSchema", name="measured", schema=schemas.INTERACTIONS)["schemaArn"]
    dataset = call(
        "CreateDataset", name="measured", datasetType="Interactions", datasetGroupArn=group, schemaArn=schema
    )["datasetArn"]
    call("DescribeDatasetGroup", datasetGroupArn=group)
    call("DescribeDataset", datasetArn=dataset)
    call("DescribeSchema", schemaArn=schema)
    call("ListDatasetGroups", maxResults=10)
    call("ListDatasetGroups")
    call("ListDatasets", datasetGroupArn=group)
    call("ListTagsForResource", resourceArn=group)
    call("TagResource", resourceArn=group, tags=[{"tagKey": "team", "tagValue": "films"}])
    call("DeleteDataset", datasetArn=dataset)


def units(records: int) -> dict[str, dict[str, float]]:
    """Operation (and its page) → units of one call."""
    found: dict[str, dict[str, float]] = {}
    with mock_aws():
        client = boto3.client("dynamodb", REGION)
        keys = ("arn", *INDEXES.values(), "createdAt")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "arn", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": attribute, "KeyType": "HASH"},
                        {"AttributeName": "createdAt", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index, attribute in INDEXES.items()
            ],
        )
        metered = Metered(client)
        control = registry.control_plane(
            scope=AccountScope("aws", REGION, "123456789012"),
            repository=ResourceTable(metered, TABLE),
            clock=time.time,
            ids=RandomIds(),
            workflows=Idle(),
        )
        operations = registry.operations(control)

        def call(operation: str, **params: Any) -> dict[str, Any]:
            metered.units = {"reads": 0.0, "writes": 0.0}
            answer = dict(operations[operation](params) or {})
            found[_label(operation, params, records)] = metered.units
            return answer

        flow(call, records)
    return found


def latencies(records: int, calls: int) -> dict[str, list[float]]:
    """Operation → milliseconds of calls in a local run, those that only read."""
    os.environ.update(AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench", AWS_DEFAULT_REGION=REGION)
    found: dict[str, list[float]] = {}
    with Local(port=0) as run:
        client = boto3.client("personalize", endpoint_url=run.endpoint, region_name=REGION)
        methods = {name: method for method, name in client.meta.method_to_api_mapping.items()}

        def call(operation: str, **params: Any) -> dict[str, Any]:
            times = calls if operation.startswith(("Describe", "List")) else 1
            took = found.setdefault(_label(operation, params, records), [])
            for _ in range(times):
                start = time.perf_counter()
                answer: dict[str, Any] = getattr(client, methods[operation])(**params)
                took.append(1000 * (time.perf_counter() - start))
            return answer

        flow(call, records)
    return {name: took for name, took in found.items() if len(took) >= calls}


def _label(operation: str, params: dict[str, Any], records: int) -> str:
    if operation != "ListDatasetGroups":
        return operation
    return f"{operation}, {min(params.get('maxResults', 100), records + 1)} of {records + 1}"


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--records", type=int, default=50)
    given = parser.parse_args()
    costs, times = units(given.records), latencies(given.records, given.calls)
    print("| call | read units | write units | local ms, median | 95th percentile |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, cost in costs.items():
        took = sorted(times.get(name, []))
        figures = (
            [f"{statistics.median(took):.0f}", f"{took[int(0.95 * len(took))]:.0f}"] if took else ["", ""]
        )
        print(f"| {name} | {cost['reads']:g} | {cost['writes']:g} | {' | '.join(figures)} |")


if __name__ == "__main__":
    main()

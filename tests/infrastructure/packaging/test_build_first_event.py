"""Every packaged function starts and answers its first event from its package alone.

The package has the files that a deployment has: our source, and of the listed requirements what trimming
leaves. The wheels are those of this machine, not those of Lambda's processor.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from infrastructure.packaging.build import build
from infrastructure.packaging.packages import FUNCTIONS, ROOT
from infrastructure.packaging.trim import trim
from infrastructure.packaging.wheels import requirements
from tastemaker.contracts.workflow_names import WORKFLOWS
from tests.infrastructure.packaging.runtime_api import RUNTIME_CLIENT, Outcome, install, run_first_event
from tests.lambdas.aws import LAKE, TABLES, create_resources_table, create_table
from tests.tastemaker.serving.films import write_bundle

ACCOUNT = "arn:aws:personalize:eu-west-1:123456789012"
SCHEMA = {
    "type": "record",
    "name": "Items",
    "namespace": "com.amazonaws.personalize.schema",
    "version": "1.0",
    "fields": [{"name": "ITEM_ID", "type": "string"}, {"name": "PRICE", "type": "double"}],
}
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


def request(path: str, body: Mapping[str, Any], **headers: str) -> dict[str, Any]:
    """An event of an HTTP API."""
    context = {"accountId": "123456789012", "requestId": "r-1", "stage": "$default"}
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {"content-type": "application/x-amz-json-1.1", **headers},
        "body": json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {**context, "http": {"method": "POST", "path": path}},
    }


def records(*events: Mapping[str, Any]) -> dict[str, Any]:
    """An event of a Kinesis mapping."""
    return {
        "Records": [
            {
                "eventID": f"shardId-000000000000:{number}",
                "kinesis": {
                    "sequenceNumber": str(number),
                    "partitionKey": "u",
                    "approximateArrivalTimestamp": 1_700_000_000.0,
                    "data": base64.b64encode(json.dumps(event).encode()).decode(),
                },
            }
            for number, event in enumerate(events)
        ]
    }


DATA_PLAN = {
    "arn": f"{ACCOUNT}:job/x",
    "datasetType": "ITEMS",
    "datasetArn": f"{ACCOUNT}:dataset/films/ITEMS",
    "schema": json.dumps(SCHEMA),
    "roleArn": None,
    "kmsKeyArn": None,
}
EVENTS: dict[str, Any] = {
    "control": request("/", {}, **{"x-amz-target": "AmazonPersonalize.ListRecipes"}),
    "runtime": request("/recommendations", {"campaignArn": f"{ACCOUNT}:campaign/missing", "userId": "u"}),
    "events": request("/events", {"trackingId": "missing", "sessionId": "s", "eventList": []}),
    "search": request("/search/missing/_search", {}),
    "stream": records({"datasetGroup": "films", "userId": "u", "sessionId": "s"}),
    "steps": {
        "action": "purge",
        "workflow": "delete",
        "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:tastemaker-dev-delete:x",
        "input": {},
        "plan": {"arn": f"{ACCOUNT}:dataset/films/ITEMS", "prefixes": ["groups/films/nothing/"]},
    },
    "importing": {
        **DATA_PLAN,
        "source": "s3://data/items.csv",
        "destination": "groups/films/datasets/ITEMS/1/",
        "importMode": "FULL",
    },
    "exporting": {
        **DATA_PLAN,
        "name": "job",
        "mode": "ALL",
        "imports": [],
        "events": "groups/films/events/",
        "catalog": f"{ACCOUNT}:dataset/films/ITEMS",
        "output": "s3://data/export/",
    },
    "deletion": {
        "action": "plan",
        "plan": {
            "arn": f"{ACCOUNT}:data-deletion-job/x",
            "eventGroups": ["films", "films/actions"],
            "source": "s3://data/users.csv",
            "roleArn": None,
            "datasets": [],
            "events": "groups/films/events/",
            "actionEvents": "groups/films/action-events/",
            "trainings": "groups/films/training/",
            "left": [],
            "lists": [],
            "history": [],
            "folder": "groups/films/data-deletion/x/",
            "work": "groups/films/data-deletion/x/work.json",
            "prefixes": [],
        },
    },
    "refreshing": {
        "arn": f"{ACCOUNT}:campaign/x",
        "events": "groups/films/events/",
        "items": f"{ACCOUNT}:dataset/films/ITEMS",
        "bundle": f"s3://{LAKE}/groups/films/models/x/",
        "previous": None,
        "earlier": None,
        "target": f"s3://{LAKE}/groups/films/models/refresh/",
        "warm": {},
        "prefixes": [],
    },
    "attribution": {
        "arn": f"{ACCOUNT}:metric-attribution/x",
        "datasetGroupArn": f"{ACCOUNT}:dataset-group/films",
        "createdAt": 0.0,
        "metrics": [{"metricName": "views", "eventType": "view", "expression": "SAMPLECOUNT()"}],
        "sources": [],
        "folder": "groups/films/attribution/x/",
        "events": "groups/films/events/",
        "imports": [],
        "items": None,
        "output": None,
        "kmsKeyArn": None,
        "roleArn": "arn:aws:iam::123456789012:role/x",
    },
    "batch": {
        "action": "plan",
        "plan": {
            "arn": f"{ACCOUNT}:batch-inference-job/x",
            "folder": "groups/films/batch/x/",
            "shards": "groups/films/batch/x/shards.json",
            "files": "groups/films/batch/x/files.json",
            "input": "s3://data/requests.json",
            "output": "s3://data/answers/",
            "kmsKeyArn": None,
            "roleArn": None,
            "recipeArn": "arn:aws:personalize:::recipe/aws-user-personalization-v2",
            "bundle": f"s3://{LAKE}/groups/films/models/x/",
        },
    },
    "generation": {
        "operation": "DescribeTaste",
        "params": {"campaignArn": f"{ACCOUNT}:campaign/missing", "userId": "u"},
    },
    "declaring": {"action": "drift", "arns": []},
}
ANSWERS: dict[str, tuple[str, Any]] = {
    "control": ("response", {"statusCode": 200}),
    "runtime": ("response", {"statusCode": 404}),
    "events": ("response", {"statusCode": 400}),
    "search": ("response", {"statusCode": 404}),
    "stream": ("response", {"batchItemFailures": []}),
    "steps": ("response", {"more": False}),
    "importing": ("response", {"rows": 2}),
    "exporting": ("response", {"rows": 0}),
    "deletion": ("response", {"users": 1, "pieces": 1}),
    "refreshing": ("response", {"skip": True}),
    "attribution": ("response", {"events": 0, "imports": 0}),
    "batch": ("response", {"files": 1, "shards": 1}),
    "generation": ("response", {"error": "ResourceNotFoundException", "status": 400}),
    "declaring": ("response", {"drift": []}),
}


@dataclass(frozen=True)
class Lambda:
    """What all functions share: the address of AWS, the runtime client, and the installed requirements."""

    endpoint: str
    client: Path
    wheels: Path

    def first_event(self, name: str, asset: Path) -> tuple[Outcome, list[str]]:
        environment = {
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": self.endpoint,
            "POWERTOOLS_SERVICE_NAME": name,
            "TASTEMAKER_AUTHORIZATION": "off",
            "TASTEMAKER_RESOURCES_TABLE": "resources",
            "TASTEMAKER_PROFILES_TABLE": "profiles",
            "TASTEMAKER_PROFILE_DAYS": "90",
            "TASTEMAKER_CATALOG_TABLE": "catalog",
            "TASTEMAKER_RECOMMENDATIONS_TABLE": "recommendations",
            "TASTEMAKER_LAKE_BUCKET": LAKE,
            "TASTEMAKER_DATA_BUCKETS": '["data"]',
            "TASTEMAKER_EVENT_STREAM": "events",
            "TASTEMAKER_SEARCH_DOMAIN": "tastemaker-dev",
            "TASTEMAKER_RUNTIME_FUNCTION": "runtime",
            "TASTEMAKER_STEPS_FUNCTION": "steps",
            "TASTEMAKER_SCHEDULE_GROUP": "group",
            "TASTEMAKER_SCHEDULE_ROLE_ARN": "arn:aws:iam::123456789012:role/x",
            "TASTEMAKER_ATTRIBUTION_NAMESPACE": "Test",
            "TASTEMAKER_DEPLOYMENT": '{"stage": "dev", "features": {}, "rate": 1, "burst": 1}',
            **{row.machine_arn_variable: "arn:aws:states:x" for row in WORKFLOWS.values()},
        }
        handler = f"lambdas.{name}.handler.handle"
        return run_first_event(asset, self.client, handler, EVENTS[name], environment)

    def asset(self, name: str, folder: Path, *, without: str = "") -> Path:
        """The package of a function. `without` is a requirement that is left out."""
        for line in requirements(ROOT / FUNCTIONS[name].requirements):
            package = line.split("==")[0]
            if package != without:
                _link(self.wheels / package, folder)
        _link(build(FUNCTIONS[name], bundle=False), folder)
        return folder


def _link(source: Path, folder: Path) -> None:
    """Link the entries of a folder. Packages that share a folder of their own are merged."""
    folder.mkdir(exist_ok=True)
    for path in source.iterdir():
        target = folder / path.name
        if not target.exists():
            target.symlink_to(path)


@pytest.fixture(scope="module")
def lambda_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lambda]:
    folder = tmp_path_factory.mktemp("lambda")
    install(RUNTIME_CLIENT, folder / "client")
    lines = {line for name in FUNCTIONS for line in requirements(ROOT / FUNCTIONS[name].requirements)}
    for package in sorted(line.split("==")[0] for line in lines):
        install([package], folder / "wheels" / package)
        trim(folder / "wheels" / package)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    try:
        _populate(endpoint, folder / "bundle")
        yield Lambda(endpoint, folder / "client", folder / "wheels")
    finally:
        server.stop()


def _populate(endpoint: str, bundle: Path) -> None:
    """Make the tables, the buckets, files of callers, and a model."""
    session = boto3.Session("test", "test", region_name="eu-west-1")
    dynamodb, s3 = (session.client(name, endpoint_url=endpoint) for name in ("dynamodb", "s3"))
    create_resources_table(dynamodb)
    for table in TABLES:
        create_table(dynamodb, table)
    for bucket in (LAKE, "data"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    files = {
        "items.csv": "ITEM_ID,PRICE\na,1.5\nb,2\n",
        "users.csv": "USER_ID\nu\n",
        "requests.json": '{"userId": "u"}\n',
    }
    for key, text in files.items():
        s3.put_object(Bucket="data", Key=key, Body=text.encode())
    write_bundle(bundle, "sequence")
    manifest = json.loads((bundle / "bundle.json").read_text())
    (bundle / "bundle.json").write_text(json.dumps({**manifest, "created": 0.0, "latestTimestamp": 20}))
    for path in (path for path in bundle.rglob("*") if path.is_file()):
        key = f"groups/films/models/x/{path.relative_to(bundle).as_posix()}"
        s3.put_object(Bucket=LAKE, Key=key, Body=path.read_bytes())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_answers_its_first_event(name: str, lambda_service: Lambda, tmp_path: Path) -> None:
    outcome, extensions = lambda_service.first_event(name, lambda_service.asset(name, tmp_path / "asset"))
    way, expected = ANSWERS[name]
    assert outcome.way == way, outcome.body
    assert outcome.body == outcome.body | expected
    assert extensions == (["tastemaker-after-response"] if name in ("runtime", "search") else [])


def test_missing_requirement_is_found(lambda_service: Lambda, tmp_path: Path) -> None:
    asset = lambda_service.asset("exporting", tmp_path / "asset", without="pyarrow")
    outcome, _ = lambda_service.first_event("exporting", asset)
    assert outcome.way == "init"
    assert re.search("No module named 'pyarrow'", outcome.body["errorMessage"])

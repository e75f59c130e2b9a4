"""The CPU time of the console for each view of a large catalog.

    python -m benchmarks.serving.console --items 100000

It starts a local run, loads a synthetic shop, trains popularity, and starts the console as a process of its
own. The CPU time of that process is read from /proc (Linux) before and after each view. The services behind
it do not count. Neither does the first view of each kind, because it makes clients and compiles templates.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

import boto3
import numpy as np

from benchmarks.serving import schemas
from local import Local

USERS = 5_000
EVENTS_PER_USER = 20
VIEWS = {
    "dataset groups": "/",
    "data": "/_console/groups/large",
    "interactions": "/_console/groups/large/datasets/INTERACTIONS",
    "items": "/_console/groups/large/datasets/ITEMS",
    "ask: user": "/_console/groups/large/ask?campaign=large&user=user-7",
    "ask: choose": "/_console/groups/large/ask?campaign=large",
    "ask: options": "/_console/groups/large/ask/options?campaign=large&user=user-1",
    "solutions": "/_console/groups/large/solutions",
    "solution": "/_console/groups/large/solutions/large",
    "campaign": "/_console/groups/large/campaigns/large",
    "events": "/_console/groups/large/events",
    "jobs": "/_console/groups/large/jobs",
    "search": "/_console/groups/large/search?text=lamp",
    "cost": "/_console/cost",
}
WORDS = ("lamp", "chair", "table", "shelf", "bowl", "vase", "clock", "rug")


def main() -> int:
    """Print the CPU time of each view in milliseconds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with Local() as service:
        load(service.endpoint, options.items)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "console", "--endpoint", service.endpoint, "--port", str(port)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            while "ready" not in (process.stdout.readline() if process.stdout else "ready"):
                pass
            print(f"{options.items:,} items, {USERS * EVENTS_PER_USER:,} events; ms of CPU time, median")
            worst = 0.0
            for name, path in VIEWS.items():
                figures = [
                    measure(process.pid, f"http://127.0.0.1:{port}{path}") for _ in range(options.repeat + 1)
                ]
                figures = figures[1:]
                worst = max(worst, median(figures))
                print(f"  {name:16} {median(figures):6.0f}")
            print(f"  {'largest':16} {worst:6.0f}")
        finally:
            process.terminate()
            process.wait()
    return 0


def measure(pid: int, url: str) -> float:
    """The CPU time of a process for one page, in milliseconds."""
    before = cpu(pid)
    for _ in range(50):
        try:
            with urlopen(url) as page:
                page.read()
            break
        except ConnectionError:
            time.sleep(0.1)
    return cpu(pid) - before


def cpu(pid: int) -> float:
    """The CPU time of a process so far, in milliseconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


SCHEMAS = {
    "Interactions": {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long", "EVENT_TYPE": "string"},
    "Items": {"ITEM_ID": "string", "NAME": "string", "CATEGORY": "string", "PRICE": "float"},
}


def load(endpoint: str, items: int) -> None:
    """A shop with so many items, and a campaign of popularity."""
    session: Any = boto3.Session("k", "s", region_name="us-east-1")
    names = ("s3", "iam", "personalize")
    s3, iam, personalize = (session.client(name, endpoint_url=endpoint) for name in names)
    s3.create_bucket(Bucket="large-data")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "personalize.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    name = "PersonalizeLarge"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    group = personalize.create_dataset_group(name="large")["datasetGroupArn"]
    for dataset_type, rows in _rows(items).items():
        out = io.StringIO()
        csv.writer(out).writerows([list(SCHEMAS[dataset_type]), *rows])
        s3.put_object(Bucket="large-data", Key=f"{dataset_type}.csv", Body=out.getvalue().encode())
        _import(personalize, group, role, dataset_type)
    solution = personalize.create_solution(
        name="large",
        datasetGroupArn=group,
        recipeArn="arn:aws:personalize:::recipe/aws-popularity-count",
        performAutoTraining=False,
    )["solutionArn"]
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    _wait(personalize.describe_solution_version, "solutionVersion", solutionVersionArn=version)
    campaign = personalize.create_campaign(name="large", solutionVersionArn=version)["campaignArn"]
    _wait(personalize.describe_campaign, "campaign", campaignArn=campaign)


def _rows(items: int) -> dict[str, list[tuple[Any, ...]]]:
    rng = np.random.default_rng(1)
    picked = (rng.pareto(1.2, USERS * EVENTS_PER_USER) * items / 50).astype(int) % items
    return {
        "Interactions": [
            (f"user-{number // EVENTS_PER_USER}", f"item-{item:06d}", 1_700_000_000 + 60 * number, "view")
            for number, item in enumerate(picked.tolist())
        ],
        "Items": [
            (f"item-{item:06d}", f"{WORDS[item % 8]} {item}", f"kind-{item % 20}", 1 + item % 90)
            for item in range(items)
        ],
    }


def _import(personalize: Any, group: str, role: str, dataset_type: str) -> None:
    name = f"large-{dataset_type}"
    fields = [
        {"name": column, "type": kind, **({"categorical": True} if column == "CATEGORY" else {})}
        for column, kind in SCHEMAS[dataset_type].items()
    ]
    schema = schemas.avro(dataset_type, fields)
    schema_arn = personalize.create_schema(name=name, schema=schema)["schemaArn"]
    dataset = personalize.create_dataset(
        name=name, datasetType=dataset_type, datasetGroupArn=group, schemaArn=schema_arn
    )["datasetArn"]
    job = personalize.create_dataset_import_job(
        jobName=name,
        datasetArn=dataset,
        dataSource={"dataLocation": f"s3://large-data/{dataset_type}.csv"},
        roleArn=role,
    )["datasetImportJobArn"]
    _wait(personalize.describe_dataset_import_job, "datasetImportJob", datasetImportJobArn=job)


def _wait(describe: Any, member: str, **arn: str) -> None:
    while (found := describe(**arn)[member])["status"] != "ACTIVE":
        if "FAILED" in found["status"]:
            raise RuntimeError(found.get("failureReason"))
        time.sleep(0.3)


if __name__ == "__main__":
    raise SystemExit(main())

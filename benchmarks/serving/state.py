"""What it costs the local run to keep a state: PutEvents and an import, as ratios to a run without one.

    python -m benchmarks.serving.state [--calls 200] [--rows 200000] [--rounds 3]

Two local runs, one with `--state` and one without, are measured in turns. The ratio of their medians does not
depend on the machine. The last line is the start of a run with the state that the other one left.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3

from benchmarks.serving import schemas
from local import Local

EVENTS_PER_CALL = 10


class Shop:
    """A dataset group of interactions in one run."""

    def __init__(self, endpoint: str, rows: int) -> None:
        self._session = boto3.session.Session("local", "local", region_name="us-east-1")
        self._endpoint = endpoint
        self._rounds = 0
        personalize = self.client("personalize")
        group = personalize.create_dataset_group(name="bench")["datasetGroupArn"]
        schema = personalize.create_schema(name="bench", schema=schemas.INTERACTIONS)["schemaArn"]
        self._dataset = personalize.create_dataset(
            name="bench", datasetType="Interactions", datasetGroupArn=group, schemaArn=schema
        )["datasetArn"]
        self._tracking = personalize.create_event_tracker(name="bench", datasetGroupArn=group)["trackingId"]
        self._events = self.client("personalize-events")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "personalize.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        iam = self.client("iam")
        self._role = iam.create_role(
            RoleName="PersonalizeBench", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
        )["Role"]["Arn"]
        iam.attach_role_policy(
            RoleName="PersonalizeBench", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess"
        )
        self.client("s3").create_bucket(Bucket="bench")
        body = "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP\n" + "".join(
            f"u{row % 5000},i{row * 7 % 3000},view,{1_700_000_000 + row}\n" for row in range(rows)
        )
        self.client("s3").put_object(Bucket="bench", Key="rows.csv", Body=body.encode())

    def client(self, service: str) -> Any:
        session: Any = self._session
        return session.client(service, endpoint_url=self._endpoint)

    def put_events(self, calls: int) -> float:
        """Seconds of one call, on average."""
        started = time.perf_counter()
        for call in range(calls):
            rows = [
                {"eventType": "view", "itemId": f"i{number}", "sentAt": int(time.time())}
                for number in range(EVENTS_PER_CALL)
            ]
            self._events.put_events(
                trackingId=self._tracking, userId=f"u{call % 50}", sessionId="s", eventList=rows
            )
        return (time.perf_counter() - started) / calls

    def import_rows(self) -> float:
        """Seconds of an import, from the request until it is ACTIVE."""
        self._rounds += 1
        personalize, started = self.client("personalize"), time.perf_counter()
        job = personalize.create_dataset_import_job(
            jobName=f"bench-{self._rounds}",
            datasetArn=self._dataset,
            dataSource={"dataLocation": "s3://bench/rows.csv"},
            roleArn=self._role,
        )["datasetImportJobArn"]
        while True:
            found = personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
            if found["status"] == "ACTIVE":
                return time.perf_counter() - started
            if "FAILED" in found["status"]:
                raise RuntimeError(found["failureReason"])
            time.sleep(0.05)


def main() -> None:
    """Measure in turns, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200, help="PutEvents calls in a round")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of an import")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        state = Path(temporary) / "state"
        with Local() as plain, Local(state=state) as kept:
            shops = {
                "without": Shop(plain.endpoint, options.rows),
                "with --state": Shop(kept.endpoint, options.rows),
            }
            for shop in shops.values():  # the functions start
                shop.put_events(5)
                shop.import_rows()
            calls: dict[str, list[float]] = {name: [] for name in shops}
            imports: dict[str, list[float]] = {name: [] for name in shops}
            for _ in range(options.rounds):
                for name, shop in shops.items():
                    calls[name].append(shop.put_events(options.calls))
                    imports[name].append(shop.import_rows())
        started = time.perf_counter()
        with Local(state=state):
            again = time.perf_counter() - started
        started = time.perf_counter()
        with Local():
            fresh = time.perf_counter() - started
        megabytes = sum(file.stat().st_size for file in state.rglob("*") if file.is_file()) / 1e6
    print("| | without | with --state | ratio |\n| --- | ---: | ---: | ---: |")
    for title, found, unit, factor in (
        (f"PutEvents of {EVENTS_PER_CALL} events", calls, "ms", 1000),
        (f"import of {options.rows:,} rows", imports, "s", 1),
    ):
        first, second = (statistics.median(values) * factor for values in found.values())
        print(f"| {title} | {first:.1f} {unit} | {second:.1f} {unit} | {second / first:.2f} |")
    print(
        f"| start, with a state of {megabytes:.0f} MB | {fresh:.1f} s | {again:.1f} s | {again / fresh:.2f} |"
    )


if __name__ == "__main__":
    main()

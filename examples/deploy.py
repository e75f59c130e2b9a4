"""Deploy an example on this machine and ask it for recommendations: `python -m examples.deploy shop`.

It starts a local run, or uses the one that AWS_ENDPOINT_URL names, and needs no AWS account.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3

EXAMPLES = ("shop", "video", "tenants")
BUCKET = "shop-data"
USERS, ITEMS, EVENTS = 60, 40, 1500
WAIT_SECONDS = 900.0
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "example",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_DEFAULT_REGION": "us-east-1",
}
# Contexts for the deployment of the local run.
CONTEXT = {"tastemaker:stack": "tastemaker-local", "bucket": BUCKET}


@contextmanager
def endpoint() -> Iterator[str]:
    """The address of a local run."""
    given = os.environ.get("AWS_ENDPOINT_URL")
    if given:
        yield given
        return
    from local import Local

    with Local(port=0) as run:
        yield run.endpoint


def template_of(name: str) -> str:
    """The template of an example, synthesized for the local run."""
    with tempfile.TemporaryDirectory() as folder:
        import_module(f"examples.{name}.app").app(folder, CONTEXT).synth()
        return (Path(folder) / f"{name}.template.json").read_text(encoding="utf-8")


def store_data(s3: Any) -> None:
    """Store interactions and items of a made-up shop."""
    chance, now = random.Random(7), int(time.time())
    lines = ["USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP"]
    for number in range(EVENTS):
        event = "Purchase" if number % 10 == 0 else "View"
        item = min(chance.randrange(ITEMS), chance.randrange(ITEMS))
        lines.append(f"u{chance.randrange(USERS)},i{item},{event},{now - (EVENTS - number) * 60}")
    items = ["ITEM_ID,PRICE,CATEGORY_L1", *(f"i{n},{n + 0.5},c{n % 4}" for n in range(ITEMS))]
    if BUCKET not in {one["Name"] for one in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="interactions/events.csv", Body="\n".join(lines))
    s3.put_object(Bucket=BUCKET, Key="items/items.csv", Body="\n".join(items))


def deploy(cloudformation: Any, name: str, template: str) -> dict[str, str]:
    """Create the stack and wait. Returns its outputs. Raises RuntimeError with the first failure."""
    stack = cloudformation.create_stack(StackName=name, TemplateBody=template)["StackId"]
    described = until(
        lambda: cloudformation.describe_stacks(StackName=stack)["Stacks"][0],
        lambda found: not found["StackStatus"].endswith("_IN_PROGRESS"),
    )
    if described["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [one for one in reversed(events) if one["ResourceStatus"].endswith("_FAILED")]
        reason = failed[0]["ResourceStatusReason"] if failed else described.get("StackStatusReason")
        raise RuntimeError(f"The stack {name} is {described['StackStatus']}: {reason}")
    return {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}


def until(ask: Any, good: Any) -> Any:
    """Ask until the answer is good. Raises TimeoutError."""
    end = time.monotonic() + WAIT_SECONDS
    while not good(found := ask()):
        if time.monotonic() > end:
            raise TimeoutError(f"Not within {WAIT_SECONDS:.0f} seconds: {found}")
        time.sleep(0.5)
    return found


def recommend(address: str, arn: str) -> list[str]:
    """The items that a campaign or recommender recommends, when its first training has ended."""
    kind = "campaign" if ":campaign/" in arn else "recommender"
    personalize = boto3.client("personalize", endpoint_url=address)
    describe = getattr(personalize, f"describe_{kind}")
    found = until(
        lambda: describe(**{f"{kind}Arn": arn})[kind],
        lambda one: one["status"] == "ACTIVE" or "FAILED" in one["status"],
    )
    if found["status"] != "ACTIVE":
        raise RuntimeError(f"{arn} is {found['status']}: {found.get('failureReason')}")
    runtime = boto3.client("personalize-runtime", endpoint_url=address)
    answer = runtime.get_recommendations(**{f"{kind}Arn": arn}, userId="u1", numResults=5)
    return [one["itemId"] for one in answer["itemList"]]


def main(arguments: list[str]) -> int:
    """Deploy an example. Returns the exit status."""
    if len(arguments) != 1 or arguments[0] not in EXAMPLES:
        print(f"usage: python -m examples.deploy {{{','.join(EXAMPLES)}}}", file=sys.stderr)
        return 2
    (name,) = arguments
    for variable, value in CREDENTIALS.items():
        os.environ.setdefault(variable, value)
    print(f"synthesizing {name} …", flush=True)
    template = template_of(name)
    with endpoint() as address:
        store_data(boto3.client("s3", endpoint_url=address))
        print(f"deploying {name} …", flush=True)
        outputs = deploy(boto3.client("cloudformation", endpoint_url=address), name, template)
        for output, arn in sorted(outputs.items()):
            if arn.startswith("arn:"):
                print(f"{output} {arn}\n  the first training runs …", flush=True)
                print(f"  recommends {', '.join(recommend(address, arn))}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

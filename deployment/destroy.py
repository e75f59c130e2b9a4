"""Remove the deployment of a stage: `python -m deployment.destroy --stage dev`.

CloudFormation deletes no bucket that has objects. For a stage whose setting `removal` is `destroy`, this
command empties the buckets, with all versions, and then runs `cdk destroy`. For a stage that keeps its data
it deletes no data and lists what stays, except that a collection of `search.collection` is always deleted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deployment.bootstrap import CDK
from deployment.command import SUCCESS, CommandError, Console, main, parser
from infrastructure.stage import Stage, load

DATA = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key")
ATTEMPTS = 2
"""Late deliveries can put an object into a bucket that was just emptied."""

CdkDestroy = Callable[[], int]


def buckets_of(cloudformation: Any, stack_name: str) -> list[str]:
    """The names of the stack's buckets. Raises CommandError if there is no such stack."""
    return [one["PhysicalResourceId"] for one in _resources(cloudformation, stack_name, ("AWS::S3::Bucket",))]


def _resources(cloudformation: Any, stack_name: str, resource_types: tuple[str, ...]) -> list[dict[str, Any]]:
    try:
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
        found = [one for page in pages for one in page["StackResourceSummaries"]]
    except ClientError as error:
        raise _unreadable(stack_name, error) from error
    gone = "DELETE_COMPLETE"
    return [one for one in found if one["ResourceType"] in resource_types and one["ResourceStatus"] != gone]


def _unreadable(stack_name: str, error: ClientError) -> CommandError:
    return CommandError(
        f"The stack {stack_name} cannot be read: {error}",
        "Check the stage, the region and the account (aws sts get-caller-identity).",
    )


def empty(s3: Any, bucket: str) -> int:
    """Delete all versions of all objects of a bucket, after refusing new ones. Returns their number.

    Raises CommandError if an object cannot be deleted.
    """
    _refuse_new_objects(s3, bucket)
    count = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not versions:
            continue
        objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        if errors := answer.get("Errors"):
            first = errors[0]
            raise CommandError(
                f"{len(errors)} objects of {bucket} cannot be deleted; the first is {first['Key']}: "
                f"{first.get('Message', first.get('Code'))}",
                "Allow s3:DeleteObject and s3:DeleteObjectVersion, and run it again.",
            )
        count += len(objects)
    return count


def _refuse_new_objects(s3: Any, bucket: str) -> None:
    """Deny writes in the bucket's policy: deliveries of events and access logs go on for a while."""
    try:
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
        policy = {"Version": "2012-10-17", "Statement": []}
    deny = {
        "Sid": "BucketIsBeingDeleted",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:{s3.meta.partition}:s3:::{bucket}/*",
    }
    if deny not in policy["Statement"]:
        policy["Statement"].append(deny)
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def unprotect(stack_name: str) -> str:
    """The command that ends the termination protection of a stack.

    A deployment does it only for a complete stack: before one whose creation failed, the CDK deletes what is
    there, which the protection prevents.
    """
    return (
        "aws cloudformation update-termination-protection --no-enable-termination-protection "
        f"--stack-name {stack_name}"
    )


def _is_protected(cloudformation: Any, stack_name: str) -> bool:
    """Whether the stack itself is protected. Raises CommandError if there is no such stack."""
    try:
        (stack,) = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        raise _unreadable(stack_name, error) from error
    return bool(stack.get("EnableTerminationProtection"))


def destroy(stage: Stage, cloudformation: Any, s3: Any, cdk: CdkDestroy, console: Console) -> int:
    """Remove the stack of a stage, and its data if the stage does not keep it. Returns the exit code.

    Raises CommandError if the stack is protected or cannot be read. The stage's setting does not count: a
    deployment has applied it to the stack, and a stack whose creation failed is unprotected by hand.
    """
    if _is_protected(cloudformation, stage.stack_name):
        raise CommandError(
            f"The stack {stage.stack_name} is protected.",
            "Set terminationProtection to false in cdk.json, deploy, and run it again. A stack whose "
            f"creation failed cannot be deployed; for it, run: {unprotect(stage.stack_name)}",
        )
    kept = []
    if stage.keeps_data:
        kept = [one["PhysicalResourceId"] for one in _resources(cloudformation, stage.stack_name, DATA)]
    for _ in range(ATTEMPTS):
        if not stage.keeps_data:
            for bucket in buckets_of(cloudformation, stage.stack_name):
                console.progress(f"Emptying {bucket} …")
                console.progress(f"  {empty(s3, bucket)} versions deleted")
        if cdk() == 0:
            break
    else:
        raise CommandError(
            "cdk destroy failed.", "Read its message above. The stack's events name the resource."
        )
    for name in kept:
        console.progress(f"kept: {name}")
    return SUCCESS


def leftovers(logs: Any, prefix: str) -> Iterator[str]:
    """Log groups that a late writer has made again, whose resource has a name that begins with `prefix`."""
    for folder in ("/aws/lambda/", "/aws/vendedlogs/states/", "/aws/kinesisfirehose/"):
        pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=folder + prefix)
        yield from (group["logGroupName"] for page in pages for group in page["logGroups"])


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Ask, remove the deployment, and look for what is left."""
    stage = load(arguments.stage)
    if not arguments.yes:
        data = "its data is kept" if stage.keeps_data else "ALL ITS DATA IS DELETED"
        if stage.keeps_data and stage.search.collection:
            data += ", but NOT the documents in its OpenSearch collection"
        console.progress(f"This removes {stage.stack_name}; {data}. Type the name of the stage to go on:")
        if input().strip() != stage.name:
            raise CommandError("Nothing was removed.", f"Type {stage.name}, or give --yes.")
    session = boto3.Session(region_name=stage.region or None)
    line = [str(arguments.cdk), "destroy", "--force", "--context", f"stage={stage.name}"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"

    def cdk() -> int:
        return subprocess.run(line, env={**os.environ, "PATH": path}, check=False).returncode

    try:
        code = destroy(stage, session.client("cloudformation"), session.client("s3"), cdk, console)
        logs = session.client("logs")
        left = sorted(set(leftovers(logs, f"{stage.stack_name}-")))
        for name in left:
            logs.delete_log_group(logGroupName=name)
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"AWS refused: {error}", "Check the credentials and permissions.") from error
    if arguments.json:
        console.json({"stack": stage.stack_name, "deletedLogGroups": left})
    return code


def arguments() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = parser("deployment.destroy", "Remove the deployment of a stage.")
    made.add_argument("--stage", default="dev", help="the stage of cdk.json (default: dev)")
    made.add_argument("--yes", action="store_true", help="do not ask")
    made.add_argument("--cdk", type=Path, default=CDK, help="the CDK command line (default: the pinned one)")
    return made


if __name__ == "__main__":
    sys.exit(main(arguments(), run))

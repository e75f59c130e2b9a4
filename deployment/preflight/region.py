"""Whether the region has what the stage uses."""

from __future__ import annotations

import json
import shutil
import subprocess

import botocore.session

from deployment.preflight.finding import Account, Finding
from infrastructure.stage import CDK_JSON

# CloudFormation's name of a service → botocore's.
SERVICES = {
    "ApiGatewayV2": "apigatewayv2",
    "CloudFormation": "cloudformation",
    "CloudWatch": "cloudwatch",
    "DynamoDB": "dynamodb",
    "EMRServerless": "emr-serverless",
    "Events": "events",
    "Glue": "glue",
    "KMS": "kms",
    "Kinesis": "kinesis",
    "KinesisFirehose": "firehose",
    "Lambda": "lambda",
    "Logs": "logs",
    "OpenSearchServerless": "opensearchserverless",
    "S3": "s3",
    "SNS": "sns",
    "SQS": "sqs",
    "Scheduler": "scheduler",
    "StepFunctions": "stepfunctions",
}
IMAGES = CDK_JSON.parent / "infrastructure" / "training_images.json"
ALWAYS = ("sagemaker",)
MIN_NODE = 22
NODE_LINK = "https://nodejs.org"


def services(account: Account) -> list[Finding]:
    """Every service of the template, and SageMaker, by botocore's list of endpoints."""
    session = botocore.session.Session()
    types = {resource["Type"].split("::")[1] for resource in account.template.resources.values()}
    tracing = ("xray",) if account.template.stage.monitoring.tracing else ()
    used = sorted({SERVICES[one] for one in types if one in SERVICES} | {*ALWAYS, *tracing})
    lacking = [
        service
        for service in used
        if (regions := session.get_available_regions(service, partition_name=account.partition))
        and account.region not in regions
    ]
    if lacking:
        return [
            Finding(
                "services",
                "missing",
                f"{account.region} does not have {', '.join(lacking)}",
                "Choose another region: the setting region of the stage in cdk.json.",
                "https://aws.amazon.com/about-aws/global-infrastructure/regional-product-services/",
            )
        ]
    return [Finding("services", "ok", f"{account.region} has all {len(used)} services")]


def training_image(account: Account) -> list[Finding]:
    """AWS's public PyTorch image exists in the region."""
    if own := account.template.stage.training.image:
        return [Finding("training image", "ok", own.rpartition("/")[2])]
    images = json.loads(IMAGES.read_text(encoding="utf-8"))
    instance = account.template.stage.training.instance_type
    processor = "gpu" if instance.startswith(("ml.g", "ml.p")) else "cpu"
    if account.region not in images:
        text = f"{account.region} has no public PyTorch training image"
        remedy = f"Choose one of {len(images)} regions: {', '.join(sorted(images))}."
        return [Finding("training image", "missing", text, remedy)]
    return [Finding("training image", "ok", images[account.region][processor].rpartition("/")[2])]


def opted_in(account: Account) -> list[Finding]:
    """The account uses the region."""
    (found,) = account.client("ec2").describe_regions(RegionNames=[account.region], AllRegions=True)[
        "Regions"
    ]
    if found["OptInStatus"] == "not-opted-in":
        link = "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html"
        text = f"the account has not enabled {account.region}"
        return [Finding("region", "missing", text, "Enable the region in the account's settings.", link)]
    return [Finding("region", "ok", f"{account.region}: {found['OptInStatus']}")]


def node(account: Account) -> list[Finding]:
    """The CDK's command line needs Node.js on this machine."""
    program = shutil.which("node")
    if program is None:
        return [
            Finding(
                "Node.js", "missing", "node is not in the PATH", f"Install Node.js {MIN_NODE}.", NODE_LINK
            )
        ]
    version = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return [node_version(version)]


def node_version(version: str) -> Finding:
    """The finding for a version as `node --version` prints it."""
    major = version.removeprefix("v").split(".")[0]
    if not major.isdecimal() or int(major) < MIN_NODE:
        text = f"Node.js {version or 'of an unknown version'}: the CDK supports {MIN_NODE} and newer"
        return Finding("Node.js", "warning", text, f"Install Node.js {MIN_NODE}.", NODE_LINK)
    return Finding("Node.js", "ok", version)

"""What programs ask to learn whether the run is ready: our own route, and LocalStack's.

Tools that wait for LocalStack ask `GET /_localstack/health` and look for the state of services in the answer.
https://docs.localstack.cloud/aws/configuration/networking/internal-endpoints/
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from local.http.messages import Response

LOCALSTACK_PATH = "/_localstack/health"
SERVICES = (
    *("cloudformation", "cloudwatch", "dynamodb", "events", "firehose", "iam", "kinesis", "lambda", "logs"),
    *("personalize", "personalize-events", "personalize-runtime", "s3", "sagemaker", "scheduler"),
    *("secretsmanager", "sns", "sqs", "ssm", "stepfunctions", "sts"),
)


def health(*, ready: bool, state: Path | None) -> Response:
    """Whether the run is ready, and the directory of its state if it has one."""
    body = {"status": "ready" if ready else "starting"}
    return Response.of_json(200 if ready else 503, body if state is None else body | {"state": str(state)})


def localstack_health(*, ready: bool) -> Response:
    """The answer to LocalStack's route. It has the status 503 until all services run."""
    services = dict.fromkeys(SERVICES, "running" if ready else "starting")
    body = {"services": services, "edition": "tastemaker", "version": _version()}
    return Response.of_json(200 if ready else 503, body)


def _version() -> str:
    try:
        return importlib.metadata.version("tastemaker")
    except importlib.metadata.PackageNotFoundError:  # a clone that is not installed
        return "0"

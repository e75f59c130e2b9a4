"""Jobs that a schedule of a user's stack starts: imports, batch inference, segments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lambdas.support.observability import logger
from tastemaker.declaration.lifecycle import DeclaredLifecycle
from tastemaker.declaration.outcomes import Change, Done, Waiting
from tastemaker.declaration.types import TYPES
from tastemaker.errors import InvalidInput
from tastemaker.wire.properties import read_properties

JOBS = ("DatasetImportJob", "BatchInferenceJob", "BatchSegmentJob", "SolutionVersion")
OUTPUT = ("jobOutput", "s3DataDestination")


class JobNotStartedError(Exception):
    """The job could not be created. Lambda repeats the call, and then reports the failure."""


def create_job(lifecycle: DeclaredLifecycle, event: Mapping[str, Any]) -> dict[str, Any]:
    """Create the job of one scheduled time. The same time again creates nothing.

    `event` has `type`, `name`, `time` and `properties`. A job that writes to S3 writes below a folder with
    the time. Raises InvalidInput, or JobNotStartedError if a resource that it needs is not ready.
    """
    name, time = str(event["type"]), re.sub(r"[^0-9TZ]", "", str(event["time"]))
    if name not in JOBS:
        raise InvalidInput(f"{name} is no job that a schedule can start; there are {', '.join(JOBS)}.")
    properties = read_properties(event["properties"], TYPES[name].shape)
    job_name = f"{str(event['name'])[:44]}-{time}"
    properties[TYPES[name].name_member] = job_name
    target = properties.get(OUTPUT[0], {}).get(OUTPUT[1])
    if target is not None:
        target["path"] = f"{target['path'].rstrip('/')}/{time}/"
    change = Change(
        resource_type=name,
        properties=properties,
        owner=f"schedule/{event['name']}",
        request_id=f"{event['name']} {time}",
        wait=False,
    )
    outcome = lifecycle.create(change)
    if isinstance(outcome, Done) or (isinstance(outcome, Waiting) and outcome.arn is not None):
        logger.info("job", extra={"job": outcome.arn})
        return {"arn": outcome.arn}
    raise JobNotStartedError(outcome.reason)

"""The steps of the workflow `mailing`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambdas.support.observability import logger
from tastemaker.declaration.lifecycle import DeclaredLifecycle
from tastemaker.declaration.mailing import Mailing, check, step

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 2, 120
"""A look at a job takes events of the execution's history, whose number is limited."""


def mail(lifecycle: DeclaredLifecycle, event: Mapping[str, Any]) -> dict[str, Any]:
    """Check the mailing, or go on with one of its jobs. `event` has `job`, `input` and `startedAt`.

    Raises InvalidInput and MailingError.
    """
    mailing = Mailing.of(event["input"], event["startedAt"])
    if event["job"] == "check":
        return {"segment": check(lifecycle, mailing)}
    found = step(lifecycle, mailing, event["job"])
    if found["done"]:
        logger.info("job of a mailing", extra=found["report"])
        return found
    started = datetime.fromisoformat(event["startedAt"].replace("Z", "+00:00"))
    seconds = (datetime.now(UTC) - started).total_seconds()
    return {**found, "seconds": int(min(max(seconds / 10, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS))}

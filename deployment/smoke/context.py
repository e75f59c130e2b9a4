"""What the steps of one run share: clients, names, what earlier steps made, and waiting."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from deployment.command import Console
from deployment.smoke.shop import Shop
from deployment.smoke.target import Target

SECONDS_PER_PROGRESS = 30


class CheckError(Exception):
    """A check of a step failed."""


def check(holds: bool, message: str) -> None:
    """Raise CheckError with `message` unless the check holds."""
    if not holds:
        raise CheckError(message)


@dataclass
class Context:
    """The state of a run. Steps read what earlier steps wrote."""

    target: Target
    console: Console
    run: str
    recipe: str
    wait_seconds: float
    shop: Shop
    given_role: str = ""
    bucket: str = ""
    role: str = ""
    datasets: dict[str, str] = field(default_factory=dict)
    schemas: dict[str, str] = field(default_factory=dict)
    group: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    """Recipe → solution version."""
    campaigns: dict[str, str] = field(default_factory=dict)
    """Recipe → campaign."""
    tracking_id: str = ""
    tracker: str = ""
    attribution: str = ""
    stack: str = ""
    """The stack that declares resources, while it exists."""
    streamed: list[tuple[str, str]] = field(default_factory=list)
    """(user, item) of every event that was sent."""

    @cached_property
    def personalize(self) -> Any:
        """The client of the control plane."""
        return self.target.client("personalize")

    @cached_property
    def runtime(self) -> Any:
        """The client that recommends."""
        return self.target.client("personalize-runtime")

    @cached_property
    def events(self) -> Any:
        """The client that sends events."""
        return self.target.client("personalize-events")

    def put(self, key: str, text: str) -> str:
        """Write an object to the run's bucket. Returns its URI."""
        self.target.client("s3").put_object(Bucket=self.bucket, Key=key, Body=text.encode())
        return f"s3://{self.bucket}/{key}"

    def get(self, key: str) -> str:
        """Read an object of the run's bucket."""
        body = self.target.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"]
        return str(body.read().decode())

    def lines(self, key: str) -> list[dict[str, Any]]:
        """Read JSON lines of the run's bucket."""
        return [json.loads(line) for line in self.get(key).splitlines()]

    def until(
        self, ask: Callable[[], Any], what: str, seconds: float | None = None, pause: float | None = None
    ) -> Any:
        """Ask until the answer is true. Raises CheckError after `seconds`, at most after the run's limit."""
        began = said = time.monotonic()
        limit = self.wait_seconds if seconds is None else min(seconds, self.wait_seconds)
        pause = min(limit, pause if pause is not None else (0.3 if self.target.is_local else 5.0))
        while not (answer := ask()):
            now = time.monotonic()
            check(now - began < limit, f"{what}: not within {limit:.0f} seconds")
            if now - said >= SECONDS_PER_PROGRESS:
                self.console.progress(f"    {what}: waiting for {now - began:.0f} s")
                said = now
            time.sleep(pause)
        return answer

    def pause(self, seconds: float) -> None:
        """Wait for something that cannot be asked for."""
        time.sleep(seconds)

    def wait(self, operation: str, member: str, arn: str, good: str = "ACTIVE") -> dict[str, Any]:
        """Poll a Describe operation until the status is `good`. A failed status fails the check."""
        describe = getattr(self.personalize, f"describe_{operation}")

        def described() -> dict[str, Any] | None:
            found: dict[str, Any] = describe(**{f"{member}Arn": arn})[member]
            failed = "FAILED" in found["status"]
            check(not failed, f"{arn} is {found['status']}: {found.get('failureReason', 'no reason given')}")
            return found if found["status"] == good else None

        found: dict[str, Any] = self.until(described, arn.rpartition(":")[2])
        return found

    def recommend(self, recipe: str, user: str, count: int = 10) -> list[str]:
        """The items that a campaign recommends to a user."""
        answer = self.runtime.get_recommendations(
            campaignArn=self.campaigns[recipe], userId=user, numResults=count
        )
        return [row["itemId"] for row in answer["itemList"]]

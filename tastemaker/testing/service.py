"""A running service, as tests see it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import boto3

REGION = "us-east-1"
_KEY = "local"
_SECONDS = 60.0


class ResetError(Exception):
    """The run cannot be reset. The message says why."""


@dataclass(frozen=True)
class Service:
    """The endpoint of a run, with clients for it."""

    endpoint: str
    region: str = REGION

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point boto3, the AWS CLI and SDKs to the run."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _KEY,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client, such as `client("personalize-runtime")`, as the owner of the account."""
        session: Any = boto3.session.Session(_KEY, _KEY, region_name=self.region)
        return session.client(service, **{"endpoint_url": self.endpoint, **options})

    def flush(self) -> int:
        """Deliver all events to the lake now, where trainings and exports read them. Returns their number."""
        return int(self._post("flush")["records"])

    def reset(self) -> None:
        """Delete everything that programs have created.

        Raises ResetError if the run keeps a state or started with a snapshot.
        """
        try:
            self._post("reset")
        except urllib.error.HTTPError as error:
            raise ResetError(json.load(error)["message"]) from error

    def _post(self, name: str) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.endpoint}/_local/{name}", method="POST")
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            return dict(json.load(answer))

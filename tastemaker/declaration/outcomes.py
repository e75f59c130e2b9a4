"""What is asked of a declared resource, and what a step of its lifecycle returns."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_NAME = 63


@dataclass(frozen=True)
class Change:
    """One request to create or update a declared resource.

    `owner` is the stack and the logical ID; `name` is what a generated name begins with. `properties` is a
    Create request of the API, in which the name may be missing. `request_id` is the same for repetitions of
    the same request. `wait` says whether to wait until the resource is ACTIVE; None is the type's own way.
    `adopt` takes over an existing resource of the same name.
    """

    resource_type: str
    properties: Mapping[str, Any]
    owner: str
    request_id: str
    name: str = "tastemaker"
    adopt: bool = False
    wait: bool | None = None
    trigger: str | None = None


@dataclass(frozen=True)
class Done:
    """The resource is as declared. `arn` is None after a deletion."""

    arn: str | None
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """The step must be repeated later. `reason` says what it waits for."""

    reason: str
    arn: str | None = None


@dataclass(frozen=True)
class Failed:
    """The request failed. `arn` is what it has created nevertheless, or what exists as before."""

    reason: str
    arn: str | None = None


Outcome = Done | Waiting | Failed


def generated_name(prefix: str, request_id: str) -> str:
    """A name that begins with `prefix` and is unique for a request."""
    digest = hashlib.sha256(request_id.encode()).hexdigest()[:10]
    clean = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in prefix)
    clean = clean.strip("-")[: MAX_NAME - len(digest) - 1] or "tastemaker"
    return f"{clean}-{digest}"

"""Recommendation ids. An id identifies the campaign or recommender that gave the answer.

An id has at most 40 characters, so it cannot hold an ARN. It starts with a digest of the ARN instead. Code
that knows the ARNs of all campaigns and recommenders finds the one that an id names, without stored answers.

    RID-1f0c94d2-6d0e-4c5b-9a51-3a0c2b6f1e77
        └ digest ┘ └──────── random ────────┘
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from uuid import uuid4

PREFIX = "RID-"
DIGEST_DIGITS = 8
"""Hexadecimal digits of the digest. Two of a thousand ARNs share a digest in one of ten thousand accounts."""

LENGTH = len(PREFIX) + DIGEST_DIGITS
"""Characters of the part that identifies the campaign or recommender."""


def new(arn: str) -> str:
    """Return a new id for an answer of this campaign or recommender."""
    return f"{prefix_of(arn)}{str(uuid4())[DIGEST_DIGITS:]}"


def source(recommendation_id: str, arns: Iterable[str]) -> str | None:
    """Return the campaign or recommender that gave an answer; None if it is none of `arns`."""
    prefix = recommendation_id[:LENGTH]
    return next((arn for arn in arns if prefix_of(arn) == prefix), None)


def prefix_of(arn: str) -> str:
    """Return the first `LENGTH` characters of all ids of a campaign or recommender."""
    return PREFIX + blake2b(arn.encode(), digest_size=DIGEST_DIGITS // 2).hexdigest()

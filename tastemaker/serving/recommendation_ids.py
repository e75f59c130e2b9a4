"""The ids of answers, which say by themselves what answered.

An id is at most 40 characters, so it holds no ARN; it begins with a digest of one. Whoever knows the
campaigns and recommenders that there are finds the one that an id names, and no answer has to be remembered
for that.

    RID-1f0c94d2-6d0e-4c5b-9a51-3a0c2b6f1e77
        └ digest ┘ └──────── chance ────────┘
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from uuid import uuid4

PREFIX = "RID-"
DIGITS = 8
"""Hexadecimal digits of the digest: two of a thousand ARNs share theirs once in ten thousand accounts."""

LENGTH = len(PREFIX) + DIGITS


def new(arn: str) -> str:
    """An id for an answer of this campaign or recommender."""
    return f"{beginning(arn)}{str(uuid4())[DIGITS:]}"


def source(recommendation_id: str, arns: Iterable[str]) -> str | None:
    """Which of these campaigns and recommenders gave the answer; None if it was none of them."""
    begins = recommendation_id[:LENGTH]
    return next((arn for arn in arns if beginning(arn) == begins), None)


def beginning(arn: str) -> str:
    """What the ids of all answers of a campaign or recommender begin with; LENGTH characters."""
    return PREFIX + blake2b(arn.encode(), digest_size=DIGITS // 2).hexdigest()

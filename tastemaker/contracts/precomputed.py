"""Precomputed lists: answers that a batch inference job stores for GetRecommendations.

The record of the solution points to the newest job whose lists are complete. The control plane writes the
pointer, serving reads it.
"""

from __future__ import annotations

from typing import TypedDict

POINTER = "_lists"
"""The internal member of a solution's record that holds its `PrecomputedPointer`."""


class PrecomputedPointer(TypedDict):
    """The precomputed lists that a solution may answer from.

    `version` is the key of the lists in the table. `numResults` is the length of the longest list. `asOf` and
    `expiresAt` are in seconds since 1970.
    """

    version: str
    jobName: str
    solutionVersionArn: str
    numResults: int
    asOf: int
    expiresAt: int

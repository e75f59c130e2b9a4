"""What a campaign or recommender serves. The control plane writes it, serving and refreshes read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict, cast

DEPLOYMENT = "_serving"
"""The internal member of a campaign's or recommender's record that holds its `Deployment`."""

BUNDLE = "_bundle"
"""The internal member of a solution version's record that holds the S3 URI of its model's folder."""

REFRESHED_DATA = "served/"
"""The folder inside a refresh that serving reads."""


class Deployment(TypedDict):
    """The model that answers requests. It changes by one write, after the model has answered a test request.

    `bundle` is the S3 URI of the model bundle's folder. `refresh` is the S3 URI of the folder of the newest
    refresh of that bundle, and `refreshed` is when it was put into service (seconds since 1970). A deployment
    of a new solution version starts without both.
    """

    solutionVersionArn: str
    recipeArn: str
    datasetGroupArn: str
    bundle: str
    refresh: NotRequired[str]
    refreshed: NotRequired[float]


def deployment_of(body: Mapping[str, Any]) -> Deployment | None:
    """Return the deployment of a campaign's or recommender's record; None if it has never served."""
    return cast("Deployment | None", body.get(DEPLOYMENT))


def bundle_of(body: Mapping[str, Any]) -> str | None:
    """Return the S3 URI of a solution version's model; None before it is trained."""
    return cast("str | None", body.get(BUNDLE))


def bundle_address(bundle: str, refresh: str | None = None) -> str:
    """Return the address under which serving opens a bundle: `<bundle>` or `<bundle>#<refresh>served/`."""
    return f"{bundle}#{refresh}{REFRESHED_DATA}" if refresh else bundle

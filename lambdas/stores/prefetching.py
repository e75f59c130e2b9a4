"""Fetch the models of active campaigns and recommenders when an environment starts."""

import time
from collections.abc import Callable, Iterator
from itertools import islice

from lambdas.stores.bundles import MAX_OPEN_BUNDLES, BundleCache
from lambdas.support.observability import logger
from tastemaker.contracts.deployment import bundle_address, deployment_of
from tastemaker.contracts.statuses import ACTIVE
from tastemaker.control.core.records import Repository

PROVISIONED = "provisioned-concurrency"
"""A value of AWS_LAMBDA_INITIALIZATION_TYPE: no request waits for the environment to start."""
INIT_SECONDS = 5.0
"""Lambda gives an environment on demand ten seconds to start, imports included, and then starts it again."""
PROVISIONED_INIT_SECONDS = 100.0
"""It gives one with provisioned concurrency 130 seconds."""
POLL_SECONDS = 0.05


def prefetch_active(
    records: Repository,
    bundles: BundleCache,
    *,
    initialization: str,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Start to fetch the deployed models, and wait for them as long as Lambda allows. Returns their number.

    `initialization` is AWS_LAMBDA_INITIALIZATION_TYPE; nothing is fetched without it. An environment on
    demand starts because a request waits. It waits here only for a single model, which that request needs; of
    several it would wait for some that it does not need. Never raises: an environment without models starts
    too, and its first request fetches what it needs.
    """
    if not initialization:
        return 0
    try:
        uris = list(islice(_deployed(records), MAX_OPEN_BUNDLES))
        provisioned = initialization == PROVISIONED
        seconds = PROVISIONED_INIT_SECONDS if provisioned else INIT_SECONDS if len(uris) == 1 else 0.0
        until = clock() + seconds
        for uri in uris:
            bundles.prepare(uri)
        while clock() < until and any(bundles.prepare(uri) for uri in uris):
            time.sleep(POLL_SECONDS)
        return len(uris)
    except Exception:
        logger.exception("models could not be fetched when the environment started")
        return 0


def _deployed(records: Repository) -> Iterator[str]:
    """The addresses of the bundles of active campaigns and recommenders, newest first, each once."""
    found: dict[str, None] = {}
    for resource_type in ("Campaign", "Recommender"):
        for record in records.list(resource_type=resource_type).records:
            deployment = deployment_of(record.body)
            if record.status == ACTIVE and deployment is not None:
                found[bundle_address(deployment["bundle"], deployment.get("refresh"))] = None
    yield from found

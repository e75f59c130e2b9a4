"""Everything that serving shares between requests."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tastemaker.contracts import recommendation_ids
from tastemaker.contracts.arns import segment_of
from tastemaker.errors import InvalidInput
from tastemaker.filters import Filter
from tastemaker.serving.endpoints import Endpoint, RecordCache
from tastemaker.serving.ports import (
    Bundles,
    ImpressionLog,
    LogObserver,
    NoImpressionLog,
    NoPrecomputedLists,
    NoUpserts,
    Observer,
    PrecomputedLists,
    Profiles,
    Upserts,
)


@dataclass
class Runtime:
    """The stores, the clock and the randomness of serving. Tests pass fixed ones.

    `clock` returns seconds since 1970. `new_id` returns a recommendation id for the ARN of an endpoint.
    `filters` caches filters that were checked, by their compiled text and the recipe. `current` has the
    endpoint that this process last answered from, by the ARN of the request.
    """

    records: RecordCache
    bundles: Bundles
    profiles: Profiles
    clock: Callable[[], float] = time.time
    rng: Random = field(default_factory=Random)
    new_id: Callable[[str], str] = recommendation_ids.new
    upserts: Upserts = field(default_factory=NoUpserts)
    impression_log: ImpressionLog = field(default_factory=NoImpressionLog)
    precomputed: PrecomputedLists = field(default_factory=NoPrecomputedLists)
    observer: Observer = field(default_factory=LogObserver)
    filters: dict[tuple[str, str], Filter] = field(default_factory=dict)
    current: dict[str, Endpoint] = field(default_factory=dict)

    def endpoint(self, params: Mapping[str, Any]) -> Endpoint:
        """Return the campaign or recommender of a request.

        Raises InvalidInput unless the request names exactly one that can answer, and ResourceNotFound.
        """
        given = {name: params[name] for name in ("campaignArn", "recommenderArn") if params.get(name)}
        if len(given) != 1:
            raise InvalidInput("Give exactly one of campaignArn and recommenderArn.")
        ((member, arn),) = given.items()
        if f"{segment_of(arn)}Arn" != member:
            raise InvalidInput(f"{arn} is not the ARN of a {member.removesuffix('Arn')}.")
        endpoint = self.records.endpoint(arn)
        if params.get("metadataColumns") and not endpoint.returns_metadata:
            # A client that waited for its update may ask at once.
            endpoint = self.records.reread_endpoint(arn)
        self.observer.concerns(**{member: arn})  # it exists: an unknown ARN must not become a metric
        return self._ready(arn, endpoint)

    def _ready(self, arn: str, wanted: Endpoint) -> Endpoint:
        """Return an endpoint, or the one that this process answered from before while the model is fetched.

        So no request waits for the new model of a campaign: the old one answers until the new one is here.
        That is also so if an alias, which `arn` may be, points at another campaign now.
        """
        current = self.current.get(arn)
        if current is wanted:
            return wanted
        if (
            current is not None
            and current.created == wanted.created  # not one of the same name that was deleted
            and current.bundle_uri != wanted.bundle_uri
            and self.bundles.ready(current.bundle_uri)
            and self.bundles.prepare(wanted.bundle_uri)
        ):
            return current
        self.current[arn] = wanted
        return wanted

"""Campaigns and recommenders as requests see them. Their records are cached for some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tastemaker import recipes
from tastemaker.contracts.arns import dataset_arn
from tastemaker.contracts.campaign_alias import target_of
from tastemaker.contracts.dataset_storage import DatasetStorage, data_id_alias
from tastemaker.contracts.deployment import bundle_address, bundle_of, deployment_of
from tastemaker.contracts.statuses import ACTIVE
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.recipes.recipe import Recipe
from tastemaker.serving.ports import Record, Records

CACHE_SECONDS = 5.0
"""How long a record is used before it is read again: the delay until an updated campaign answers."""


@dataclass(frozen=True)
class Endpoint:
    """A campaign or recommender, and the deployment that it answers from. A batch job is one too.

    `bundle_uri` is the address of the bundle (`tastemaker.contracts.deployment.bundle_address`). `config` is
    the `campaignConfig` or `recommenderConfig`. `created` is when the campaign or recommender was created
    (seconds since 1970): it tells one from a later one of the same name.
    """

    arn: str
    solution_version_arn: str
    dataset_group_arn: str
    recipe: Recipe
    bundle_uri: str
    config: dict[str, Any]
    created: float = 0.0

    @property
    def second_generation(self) -> bool:
        """Whether the recipe reports reasons, fills answers up, and scales scores to the candidates."""
        return self.recipe.name.endswith("-v2")

    @property
    def returns_metadata(self) -> bool:
        """Whether answers may include item columns."""
        return self.recipe.free_metadata or bool(self.config.get("enableMetadataWithRecommendations"))


class RecordCache:
    """Records by ARN, cached for `CACHE_SECONDS`.

    A record that is missing or not ACTIVE is not cached, because its caller waits until it becomes ACTIVE.
    `clock` counts seconds and never goes back.
    """

    def __init__(self, records: Records, clock: Callable[[], float] = time.monotonic) -> None:
        self._records, self._clock = records, clock
        self._cached: dict[str, tuple[float, Record]] = {}
        self._endpoints: dict[str, tuple[Record | Endpoint, Endpoint]] = {}
        self._storages: dict[tuple[str, str], tuple[float, DatasetStorage]] = {}

    def get(self, arn: str) -> Record:
        """Return the record of an ARN. Raises ResourceNotFound."""
        cached = self._cached.get(arn)
        if cached is not None and self._clock() - cached[0] < CACHE_SECONDS:
            return cached[1]
        record = self._records.get(arn)
        if record is None:
            self._cached.pop(arn, None)
            raise ResourceNotFound(f"Resource Arn {arn} does not exist.")
        if record.status == ACTIVE:
            self._cached[arn] = (self._clock(), record)
        return record

    def storage(self, endpoint: Endpoint, dataset_type: str) -> DatasetStorage:
        """Return where the data of a dataset of an endpoint's group are. The dataset need not exist."""
        key = endpoint.dataset_group_arn, dataset_type
        cached = self._storages.get(key)
        if cached is not None and self._clock() - cached[0] < CACHE_SECONDS:
            return cached[1]
        arn = dataset_arn(*key)
        storage = DatasetStorage(arn, self._records.target(data_id_alias(arn)))
        self._storages[key] = (self._clock(), storage)
        return storage

    def endpoint(self, arn: str) -> Endpoint:
        """Return the campaign or recommender of an ARN. Raises InvalidInput and ResourceNotFound.

        An alias is the campaign that it points at, as old as the alias is.
        """
        record = self.get(arn)
        target = target_of(record.body)
        if target is not None:
            return self._behind_alias(arn, record, target)
        known = self._endpoints.get(arn)
        if known is None or known[0] is not record:
            known = self._endpoints[arn] = record, _active_endpoint(arn, record)
        return known[1]

    def reread_endpoint(self, arn: str) -> Endpoint:
        """Return the campaign or recommender of an ARN as it is now, whatever is cached."""
        target = target_of(self.get(arn).body)
        for cached in (arn, target):
            self._cached.pop(cached or "", None)
        return self.endpoint(arn)

    def _behind_alias(self, arn: str, record: Record, target: str) -> Endpoint:
        try:
            endpoint = self.endpoint(target)
        except (InvalidInput, ResourceNotFound):
            # The alias may have moved since it was read, and its old target may be gone.
            self._cached.pop(arn, None)
            record = self.get(arn)
            moved = target_of(record.body)
            if moved is None or moved == target:
                raise
            endpoint = self.endpoint(moved)
        known = self._endpoints.get(arn)
        if known is None or known[0] is not endpoint:
            known = self._endpoints[arn] = endpoint, replace(endpoint, created=_created(record.body))
        return known[1]

    def prospective_endpoint(self, arn: str, version_arn: str, refresh: str | None = None) -> Endpoint:
        """Return the campaign or recommender as it will be with a solution version and a refresh of it.

        The status of the campaign or recommender does not matter. Raises InvalidInput if the solution version
        has no model, and ResourceNotFound.
        """
        version = self.get(version_arn).body
        bundle = bundle_of(version)
        if bundle is None:
            raise InvalidInput(f"{version_arn} has no model: its status is {version.get('status')}.")
        return Endpoint(
            arn,
            version_arn,
            version["datasetGroupArn"],
            recipes.by_arn(version["recipeArn"]),
            bundle_address(bundle, refresh),
            _config(self.get(arn).body),
            _created(self.get(arn).body),
        )


def _active_endpoint(arn: str, record: Record) -> Endpoint:
    deployment = deployment_of(record.body)
    if record.status != ACTIVE or deployment is None:
        reason = record.body.get("failureReason")
        raise InvalidInput(
            f"{arn} cannot answer: its status is {record.status}{f' ({reason})' if reason else ''}."
        )
    return Endpoint(
        arn,
        deployment["solutionVersionArn"],
        deployment["datasetGroupArn"],
        recipes.by_arn(deployment["recipeArn"]),
        bundle_address(deployment["bundle"], deployment.get("refresh")),
        _config(record.body),
        _created(record.body),
    )


def _created(body: dict[str, Any]) -> float:
    return float(body.get("creationDateTime", 0.0))


def _config(body: dict[str, Any]) -> dict[str, Any]:
    return body.get("campaignConfig") or body.get("recommenderConfig") or {}

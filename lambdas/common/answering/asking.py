"""What a recommendation and a ranking have in common: who asks, which model, past, filters and columns."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any, Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from lambdas.common.answering.bundles import Loaded
from lambdas.common.answering.records import Deployment, RecordCache
from tastemaker.columns import Value
from tastemaker.errors import InvalidInput
from tastemaker.filters import Filter, FilterContext, parse
from tastemaker.models.semantic import SemanticModel
from tastemaker.ranking.answer import CANDIDATES, CATALOGUE, Mask, Scores, score
from tastemaker.ranking.history import LiveEvent, Past, past
from tastemaker.resources.arns import segment_of
from tastemaker.resources.statuses import ACTIVE

MOST_RESULTS = 500
MOST_WITH_METADATA = 50
MOST_COLUMNS = 10


class Bundles(Protocol):
    """Where models come from."""

    def get(self, uri: str) -> Loaded: ...


class Profiles(Protocol):
    """Where live events come from."""

    def newest(self, dataset_group: str, user: str, limit: int = 200) -> list[LiveEvent]: ...


@dataclass
class Runtime:
    """Everything that answering needs; time, chance and stores are given, so that a test holds them still."""

    records: RecordCache
    bundles: Bundles
    profiles: Profiles
    clock: Callable[[], float] = time.time
    rng: Random = field(default_factory=Random)
    new_id: Callable[[], str] = lambda: f"RID-{uuid4()}"
    _filters: dict[str, Filter] = field(default_factory=dict)

    def deployment(self, params: Mapping[str, Any]) -> Deployment:
        """The campaign or recommender of a request. Raises InvalidInput unless exactly one is named."""
        given = {name: params[name] for name in ("campaignArn", "recommenderArn") if params.get(name)}
        if len(given) != 1:
            raise InvalidInput("Give exactly one of campaignArn and recommenderArn.")
        ((member, arn),) = given.items()
        if f"{segment_of(arn)}Arn" != member:
            raise InvalidInput(f"{arn} is not the ARN of a {member.removesuffix('Arn')}.")
        return self.records.deployment(arn)

    def filter(self, arn: str, deployment: Deployment) -> Filter:
        """The filter of an ARN, which must be active and of the same dataset group."""
        if segment_of(arn) != "filter":
            raise InvalidInput(f"{arn} is not the ARN of a filter.")
        body = self.records.get(arn).body
        if body.get("status") != ACTIVE:
            raise InvalidInput(f"The filter {arn} is not active but {body.get('status')}.")
        if body["datasetGroupArn"] != deployment.dataset_group_arn:
            raise InvalidInput(f"The filter {arn} belongs to another dataset group than {deployment.arn}.")
        # Parsing needs a parser library, which is slow to import: the record carries the compiled form as
        # well.
        source = body.get("_compiled") or body["filterExpression"]
        if source not in self._filters:
            compiled = "_compiled" in body
            self._filters[source] = Filter.load(source) if compiled else parse(source)
        return self._filters[source]


@dataclass
class Asking:
    """One request: its deployment, and what is known of the one who asks. Read lazily: a request that needs
    no past does not query for one.
    """

    runtime: Runtime
    deployment: Deployment
    user_id: str | None = None
    item_id: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def loaded(self) -> Loaded:
        return self.runtime.bundles.get(self.deployment.bundle_uri)

    @cached_property
    def user_index(self) -> int:
        return self.loaded.bundle.users.index(self.user_id) if self.user_id else -1

    @cached_property
    def item_index(self) -> int:
        return self.loaded.bundle.items.index(self.item_id) if self.item_id else -1

    @cached_property
    def past(self) -> Past:
        """Bulk and live events. One query; none for somebody without an id."""
        live = self._live() if self.user_id else []
        return past(self.loaded.bundle, self.user_id, live)

    def _live(self) -> list[LiveEvent]:
        return self.runtime.profiles.newest(self.deployment.dataset_group, self.user_id or "")

    def scores(self) -> Scores:
        """The model's scores of the whole catalogue."""
        model = self.loaded.model
        influence = self.deployment.config.get("rankingInfluence")
        if influence and isinstance(model, SemanticModel):
            return model.influenced(self.item_index, influence)
        none = model.needs_item or not model.needs_user
        return score(
            model,
            (past(self.loaded.bundle, None) if none else self.past).history,
            now=int(self.runtime.clock()),
            context=self.context,
            user_index=self.user_index,
            item_index=self.item_index,
        )

    @property
    def scale(self) -> str | None:
        """Which scores the recipe shows."""
        if not self.loaded.model.has_scores or self.deployment.recipe.domain:
            return None
        return CANDIDATES if self.second_generation else CATALOGUE

    @property
    def second_generation(self) -> bool:
        return self.deployment.recipe.name.endswith("-v2")

    def mask(self, filter: Filter | None, values: Mapping[str, str] | None) -> Mask | None:
        """What a filter allows; None: everything. Raises InvalidInput for values that do not fit."""
        if filter is None:
            if values:
                raise InvalidInput("filterValues need a filterArn.")
            return None
        bundle, user = self.loaded.bundle, self.user_index
        return filter.mask(
            FilterContext(
                items=bundle.item_columns,
                values=values or {},
                events=self.past.by_type if filter.needs_events else {},
                user=bundle.user_columns.record(user) if filter.needs_user and user >= 0 else {},
                current_item=self.item_index if self.item_index >= 0 else None,
                ids=bundle.items,
                cache=self.loaded.masks,
            )
        )

    def hidden(self) -> NDArray[np.int32]:
        """Items that the use case itself keeps out: those that the user has an event of the recipe's type
        with.
        """
        wanted = (self.deployment.recipe.hides or "").casefold()
        if not wanted or not self.user_id:
            return np.zeros(0, np.int32)
        found = [items for name, items in self.past.by_type.items() if name.casefold() == wanted]
        return np.concatenate(found) if found else np.zeros(0, np.int32)

    def columns(self, wanted: Mapping[str, Sequence[str]] | None) -> list[str]:
        """The item columns to show with each item. Raises InvalidInput."""
        if not wanted:
            return []
        if list(wanted) != ["ITEMS"]:
            raise InvalidInput('metadataColumns takes the columns of one dataset: {"ITEMS": [...]}.')
        names = list(wanted["ITEMS"])
        if not self.deployment.with_metadata:
            raise InvalidInput(
                f"{self.deployment.arn} returns no metadata: set enableMetadataWithRecommendations on it."
            )
        if len(names) > MOST_COLUMNS:
            raise InvalidInput(f"metadataColumns can name at most {MOST_COLUMNS} columns.")
        for name in names:
            if self.loaded.bundle.item_columns.find(name) is None:
                raise InvalidInput(f"The items have no column {name}.")
        return names

    def metadata(self, item: int, names: Sequence[str]) -> dict[str, str]:
        """An item's columns as text, keyed as asked for; nulls are left out."""
        columns = self.loaded.bundle.item_columns
        values = {name: columns[name] if name in columns else columns.find(name) for name in names}
        texts = {name: column.value(item) for name, column in values.items() if column is not None}
        return {name: shown(value) for name, value in texts.items() if value is not None}


def shown(value: Value) -> str:
    """A column's value as an answer carries it: whole numbers without a point, booleans in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def require(params: Mapping[str, Any], member: str, deployment: Deployment) -> None:
    """Raises InvalidInput if a request lacks an id that its recipe cannot do without."""
    if not params.get(member):
        raise InvalidInput(
            f"{member} is required: {deployment.arn} uses the recipe {deployment.recipe.name}."
        )

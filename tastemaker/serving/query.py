"""What a recommendation and a ranking have in common: who asks, which model, past, filters and columns."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lambdas.stores.bundles import Loaded
from tastemaker.columns import Value
from tastemaker.contracts import recommendation_ids
from tastemaker.control.core.arns import segment_of
from tastemaker.control.core.statuses import ACTIVE
from tastemaker.errors import InvalidInput
from tastemaker.events import camel
from tastemaker.filters import Filter, FilterContext, FilterError, check, parse
from tastemaker.models.bundle import History
from tastemaker.models.scores import Dense, Scores
from tastemaker.models.semantic import SemanticModel
from tastemaker.serving.answer import CANDIDATES, CATALOG, Mask, score
from tastemaker.serving.deployments import Deployment, RecordCache
from tastemaker.serving.exploration import CUT_OFF_DAYS, SECOND_GENERATION_SHARE, Exploration, settings
from tastemaker.serving.history import LiveEvent, Past, past
from tastemaker.serving.precomputed import Lists, NothingStored
from tastemaker.serving.upserts import Overlay

MOST_RESULTS = 500
MOST_WITH_METADATA = 50
MOST_COLUMNS = 10


class Bundles(Protocol):
    """Where models come from. Who says no more than `get` has them all at hand."""

    def get(self, uri: str) -> Loaded: ...

    def has(self, uri: str) -> bool:
        return True

    def soon(self, uri: str, seconds: float) -> bool:
        return True


class Profiles(Protocol):
    """Where live events come from."""

    def newest(self, dataset_group: str, user: str, limit: int = 200) -> list[LiveEvent]: ...


class Catalog(Protocol):
    """Where items and users come from that were put one at a time."""

    def items(self, dataset_arn: str, loaded: Loaded) -> Overlay | None: ...

    def user(self, dataset_arn: str, user_id: str) -> tuple[Mapping[str, Any], float] | None: ...


class Shown(Protocol):
    """Where it is written down what answers show."""

    def remember(self, recommendation_id: str, arn: str, items: Sequence[str]) -> None: ...


class NothingRemembered:
    """Answers that no event will ever name."""

    def remember(self, recommendation_id: str, arn: str, items: Sequence[str]) -> None:
        pass


class NothingPut:
    """A catalog that nobody puts anything into."""

    def items(self, dataset_arn: str, loaded: Loaded) -> Overlay | None:
        return None

    def user(self, dataset_arn: str, user_id: str) -> tuple[Mapping[str, Any], float] | None:
        return None


@dataclass
class Runtime:
    """Everything that answering needs; time, chance and stores are given, so that a test holds them still."""

    records: RecordCache
    bundles: Bundles
    profiles: Profiles
    clock: Callable[[], float] = time.time
    rng: Random = field(default_factory=Random)
    new_id: Callable[[str], str] = recommendation_ids.new
    puts: Catalog = field(default_factory=NothingPut)
    shown: Shown = field(default_factory=NothingRemembered)
    lists: Lists = field(default_factory=NothingStored)
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
        """The filter of an ARN, which must be active, of the same dataset group, and fit the recipe."""
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
        filter, recipe = self._filters[source], deployment.recipe
        try:
            check(filter, recipe_type=recipe.type, recipe_name=recipe.name)
        except FilterError:
            check(parse(filter.text), recipe_type=recipe.type, recipe_name=recipe.name)  # knows the place
        return filter


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
        return past(self.loaded.bundle, self.user_index, live)

    def _live(self) -> list[LiveEvent]:
        return self.runtime.profiles.newest(self.deployment.dataset_group, self.user_id or "")

    def scores(self) -> Scores:
        """What the model says about the catalog."""
        model = self.loaded.model
        influence = self.deployment.config.get("rankingInfluence")
        if influence and isinstance(model, SemanticModel):
            return Dense(model.influenced(self.item_index, influence))
        none = model.needs_item or not model.needs_user
        return score(
            model,
            History.empty() if none else self.past.history,
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
        return CANDIDATES if self.second_generation else CATALOG

    @property
    def second_generation(self) -> bool:
        return self.deployment.recipe.name.endswith("-v2")

    def exploration(self, rng: Random) -> Exploration | None:
        """How new items get their chance; None if the recipe or its configuration has no place for them."""
        if self.second_generation:
            share, days = SECOND_GENERATION_SHARE, CUT_OFF_DAYS
        elif self.deployment.recipe.exploration:
            share, days = settings(self.deployment.config.get("itemExplorationConfig"))
        else:
            return None
        bundle = self.loaded.bundle
        latest = bundle.manifest.get("latestTimestamp")
        if not share or latest is None:
            return None
        latest = min(latest, int(self.runtime.clock()))  # one event of the future must not make all items old
        return Exploration(
            share,
            days,
            bundle.item_created,
            latest,
            rng,
            taken=bundle.item_taken,
            shown=bundle.item_shown,
            rate=bundle.taken_rate,
        )

    def mask(self, filter: Filter | None, values: Mapping[str, str] | None) -> Mask | None:
        """What a filter allows; None: everything. Raises InvalidInput for values that do not fit."""
        if filter is None:
            if values:
                raise InvalidInput("filterValues need a filterArn.")
            return None
        context = self._filter_context(filter, values)
        mask = filter.mask(context)
        return mask if self.overlay is None else self.overlay.mask(filter, context, mask)

    def _filter_context(self, filter: Filter, values: Mapping[str, str] | None) -> FilterContext:
        bundle = self.loaded.bundle
        current: int | Mapping[str, Value] | None = self.item_index if self.item_index >= 0 else None
        if self.overlay is not None and filter.needs_current_item and self.item_id:
            # The overlay's rows are not the bundle's: the current item goes by its attributes.
            known = bundle.item_columns.record(self.item_index) if self.item_index >= 0 else None
            current = self.overlay.get(self.item_id) or known
        return FilterContext(
            items=bundle.item_columns,
            values=values or {},
            events=self.past.by_type if filter.needs_events else {},
            user=self._attributes if filter.needs_user else {},
            current_item=current,
            ids=bundle.items,
            cache=self.loaded.masks,
        )

    @cached_property
    def overlay(self) -> Overlay | None:
        """Items put since training; asked for by filters and metadata only."""
        return self.runtime.puts.items(self._dataset("ITEMS"), self.loaded)

    @cached_property
    def _attributes(self) -> Mapping[str, Value]:
        """The current user's: what was put since training, else what the bundle says."""
        bundle = self.loaded.bundle
        put = self.runtime.puts.user(self._dataset("USERS"), self.user_id) if self.user_id else None
        if put is not None and (self.user_index < 0 or put[1] > float(bundle.manifest.get("created") or 0.0)):
            return put[0]
        return bundle.user_columns.record(self.user_index) if self.user_index >= 0 else {}

    def _dataset(self, kind: str) -> str:
        return self.deployment.dataset_group_arn.replace(":dataset-group/", ":dataset/") + f"/{kind}"

    def unknown_allowed(
        self, ids: Sequence[str], filter: Filter | None, values: Mapping[str, str] | None
    ) -> set[str]:
        """Of ids that the bundle does not know, those that a filter lets through: put items by their
        attributes; of others nothing is known, so that nothing includes them.
        """
        if filter is None:
            return set(ids)
        allowed = set() if filter.includes else set(ids)
        if self.overlay is not None:
            judged = self.overlay.allowed(filter, self._filter_context(filter, values))
            for name, passes in zip(self.overlay.ids.tolist(), judged.tolist(), strict=True):
                (allowed.add if passes else allowed.discard)(name)
        return allowed & set(ids)

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
            if self.loaded.bundle.item_columns.find(name) is None and not (
                self.overlay is not None and self.overlay.has_column(name)
            ):
                raise InvalidInput(f"The items have no column {name}.")
        return names

    def metadata(self, item: int, names: Sequence[str]) -> dict[str, str]:
        """An item's columns as text; nulls are left out. TITLE is under `title`, NUM_RATINGS under
        `numRatings`: the service's answers have camel case, whatever the request wrote.
        """
        columns = self.loaded.bundle.item_columns
        if self.overlay is not None:
            record = self.overlay.get(self.loaded.bundle.items[item])
            if record is not None:
                folded = {name.casefold(): value for name, value in record.items()}
                found = {name: folded.get(name.casefold()) for name in names}
                return {camel(name): shown(value) for name, value in found.items() if value is not None}
        values = {name: columns[name] if name in columns else columns.find(name) for name in names}
        texts = {name: column.value(item) for name, column in values.items() if column is not None}
        return {camel(name): shown(value) for name, value in texts.items() if value is not None}


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

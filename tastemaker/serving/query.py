"""One request: who asks, which model answers, what the user did, and what the model scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tastemaker.contracts.dataset_storage import DatasetStorage
from tastemaker.contracts.metrics import COLD_USERS
from tastemaker.models.base import Asker
from tastemaker.models.bundle import History
from tastemaker.models.scores import Asked, Dense, Scores, prepare
from tastemaker.models.semantic import SemanticModel
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.history import Past, past
from tastemaker.serving.loaded import LoadedBundle
from tastemaker.serving.runtime import Runtime
from tastemaker.serving.upserts import UpsertedItems


@dataclass
class Query:
    """A request to an endpoint. Data is read on first use, so that a request reads only what it needs.

    `item_id` is the item that related items are wanted for. `context` maps context names to values.
    """

    runtime: Runtime
    endpoint: Endpoint
    user_id: str | None = None
    item_id: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    _scores: Scores | None = field(default=None, init=False, repr=False)

    @cached_property
    def loaded(self) -> LoadedBundle:
        return self.runtime.bundles.get(self.endpoint.bundle_uri)

    @cached_property
    def user_index(self) -> int:
        """The user's position in the bundle; -1 for an unknown user or none."""
        return self.loaded.bundle.users.index(self.user_id) if self.user_id else -1

    @staticmethod
    def find_users(queries: Sequence[Query]) -> None:
        """Look up the users of queries to one endpoint together."""
        known = [query for query in queries if query.user_id]
        if known:
            found = known[0].loaded.bundle.users.indexes([query.user_id or "" for query in known])
            for query, position in zip(known, found.tolist(), strict=True):
                query.__dict__["user_index"] = position

    @property
    def item_index(self) -> int:
        """The current item's position in the bundle; -1 for an unknown item or none."""
        return self._item_index if self.item_id else -1

    @cached_property
    def _item_index(self) -> int:
        return self.loaded.bundle.items.index(self.item_id or "")

    @cached_property
    def past(self) -> Past:
        """The user's imported and streamed events. Takes one query to the profiles if there is a user."""
        if not self.user_id:
            return past(self.loaded.bundle, self.user_index, [])
        live = self.runtime.profiles.newest(self.storage("INTERACTIONS").event_group, self.user_id)
        return past(self.loaded.bundle, self.user_index, live)

    @cached_property
    def upserted_items(self) -> UpsertedItems | None:
        """The items that were upserted since training. Filters and metadata read them."""
        return self.runtime.upserts.items(self.storage("ITEMS").catalog, self.loaded)

    def storage(self, dataset_type: str) -> DatasetStorage:
        """Return where the data of a dataset of the endpoint's group are."""
        return self.runtime.records.storage(self.endpoint, dataset_type)

    def report_cold_user(self) -> None:
        """Count a user without any event, if this request has read the user's events."""
        read: Past | None = self.__dict__.get("past")  # not `self.past`, which would read them
        if self.user_id and read is not None and len(read.history) == 0:
            self.runtime.observer.add(COLD_USERS)

    def scores(self) -> Scores:
        """Return the model's scores of all items, on a logarithmic scale."""
        if self._scores is not None:
            return self._scores
        model = self.loaded.model
        influence = self.endpoint.config.get("rankingInfluence")
        if influence and isinstance(model, SemanticModel):
            return Dense(model.influenced(self.item_index, influence))
        if model.needs_item:
            return Dense(model.score_item(self.item_index))
        history, context, user = self._asker
        return model.scores_for(history, now=int(self.runtime.clock()), context=context, user_index=user)

    @property
    def _asker(self) -> Asker:
        history = self.past.history if self.loaded.model.needs_user else History.empty()
        return Asker(history, self.context, self.user_index)

    @staticmethod
    def score_together(queries: Sequence[Query], asked: Sequence[Asked]) -> None:
        """Compute the scores of queries to one endpoint together, with the answers to what will be asked.

        Each query keeps its own.
        """
        if not queries or (model := queries[0].loaded.model).needs_item:
            return
        now, size = int(queries[0].runtime.clock()), model.users_together
        for start in range(0, len(queries), size):
            some = queries[start : start + size]
            found = model.scores_together([query._asker for query in some], now=now)
            for query, scores in zip(some, prepare(found, asked[start : start + size]), strict=True):
                query._scores = scores

"""Lines of batch segment jobs: an item, or properties of items → the users who most likely want it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tastemaker.batch import attributes, lines
from tastemaker.batch.inference import endpoint_of
from tastemaker.batch.lines import BadLine
from tastemaker.contracts.plans import BatchPlan
from tastemaker.filters import FilterContext
from tastemaker.models.topk import top_k
from tastemaker.serving.eligibility import requested_filter
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.loaded import LoadedBundle
from tastemaker.serving.runtime import Runtime

ATTRIBUTE_RECIPE = "aws-item-attribute-affinity"


class AffinityModel(Protocol):
    """A model that scores users: float32[users], higher is more likely, -inf for users to leave out."""

    def users_for_item(self, item_index: int) -> NDArray[np.float32]: ...

    def users_for_attributes(self, items: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Score users for the items that have the properties: bool[items], at least one of them true."""
        ...


@dataclass
class SegmentJob:
    """What all lines of a job share.

    `results` is the job's `numResults`. `by_item` is true if lines name items, false for `itemAttributes`.
    """

    runtime: Runtime
    endpoint: Endpoint
    results: int
    filter_arn: str | None
    by_item: bool
    _users_by_type: dict[str, NDArray[np.intp]] = field(default_factory=dict)

    @classmethod
    def from_plan(cls, plan: BatchPlan, runtime: Runtime) -> SegmentJob:
        """Return the job of a plan."""
        endpoint = endpoint_of(plan)
        by_item = endpoint.recipe.name != ATTRIBUTE_RECIPE
        return cls(runtime, endpoint, plan["numResults"], plan.get("filterArn"), by_item)

    @cached_property
    def loaded(self) -> LoadedBundle:
        return self.runtime.bundles.get(self.endpoint.bundle_uri)

    def answer(self, question: lines.Question) -> dict[str, Any]:
        """Return the `output` of a line. Raises TastemakerError if the line cannot be answered."""
        scores = self._scores(question)
        allowed = self._allowed_users(lines.texts(question, "filterValues"))
        if allowed is not None:
            scores = np.where(allowed, scores, np.float32(-np.inf))
        return {"usersList": self.loaded.bundle.users.take(top_k(scores, self.results))}

    def _scores(self, question: lines.Question) -> NDArray[np.float32]:
        bundle, model = self.loaded.bundle, cast(AffinityModel, self.loaded.model)
        if self.by_item:
            item_id = lines.identifier(question, "itemId", required=True) or ""
            item = bundle.items.index(item_id)
            if item < 0:
                raise BadLine(f"The model knows no item {item_id}.")
            return model.users_for_item(item)
        expression = lines.text(question, "itemAttributes", required=True) or ""
        mask = attributes.items_with(attributes.parse(expression), bundle.item_columns, self.loaded.masks)
        if not mask.any():
            raise BadLine(f"No item has the attributes {expression}.")
        return model.users_for_attributes(mask)

    def _allowed_users(self, values: Mapping[str, str]) -> NDArray[np.bool_] | None:
        if self.filter_arn is None and values:
            raise BadLine("filterValues need a job with a filterArn.")
        filter = requested_filter(self.runtime, self.endpoint, self.filter_arn)
        if filter is None:
            return None
        mask = filter.mask(
            FilterContext(
                items=self.loaded.bundle.user_columns,
                values=values,
                events=self._users_by_event_type() if filter.needs_events else {},
                ids=self.loaded.bundle.users,
                cache=self.loaded.masks,
            )
        )
        return mask.flags

    def _users_by_event_type(self) -> Mapping[str, NDArray[np.intp]]:
        """Return the users who have an event of each type in the data that the model was trained on."""
        if not self._users_by_type:
            bundle = self.loaded.bundle
            histories = bundle.histories
            owners = np.repeat(np.arange(len(histories)), np.diff(histories.offsets))
            for name, numbers in bundle.event_types.numbers.items():
                self._users_by_type[name] = np.unique(owners[np.isin(histories.event_types, numbers)])
        return self._users_by_type

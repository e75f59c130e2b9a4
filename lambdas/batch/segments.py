"""Lines of batch segment jobs: an item, or attributes of items → the users who are most likely to like it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from lambdas.batch.answering import deployment_of
from lambdas.stores.bundles import Loaded
from tastemaker.batch import attributes, lines
from tastemaker.batch.lines import BadLine
from tastemaker.filters import FilterContext
from tastemaker.models.topk import top_k
from tastemaker.serving.deployments import Deployment
from tastemaker.serving.query import Runtime

BY_ATTRIBUTES = "aws-item-attribute-affinity"


class AffinityModel(Protocol):
    """What a segment needs of a model: scores over all users, float32[users], higher is likelier; -inf for
    somebody who is none of them."""

    def users_for_item(self, item_index: int) -> NDArray[np.float32]: ...

    def users_for_attributes(self, items: NDArray[np.bool_]) -> NDArray[np.float32]:
        """`items`: bool[items], those that have the attributes; at least one."""
        ...


@dataclass
class Segments:
    """What all lines of a segment job have in common. `by_item`: lines name items, not attributes."""

    runtime: Runtime
    deployment: Deployment
    results: int
    filter_arn: str | None
    by_item: bool
    _rows: dict[str, NDArray[np.intp]] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Mapping[str, Any], runtime: Runtime) -> "Segments":
        """The job of a plan."""
        deployment = deployment_of(plan)
        by_item = deployment.recipe.name != BY_ATTRIBUTES
        return cls(runtime, deployment, plan["numResults"], plan.get("filterArn"), by_item)

    @cached_property
    def loaded(self) -> Loaded:
        return self.runtime.bundles.get(self.deployment.bundle_uri)

    def answer(self, question: lines.Question) -> dict[str, Any]:
        """The `output` of a line. Raises TastemakerError for a line that cannot be answered."""
        scores = self._scores(question)
        allowed = self._allowed(lines.texts(question, "filterValues"))
        if allowed is not None:
            scores = np.where(allowed, scores, np.float32(-np.inf))
        return {"usersList": self.loaded.bundle.users.take(top_k(scores, self.results))}

    def _scores(self, question: lines.Question) -> NDArray[np.float32]:
        bundle, model = self.loaded.bundle, cast(AffinityModel, self.loaded.model)
        if self.by_item:
            item = lines.identifier(question, "itemId", required=True) or ""
            index = bundle.items.index(item)
            if index < 0:
                raise BadLine(f"The model knows no item {item}.")
            return model.users_for_item(index)
        expression = lines.text(question, "itemAttributes", required=True) or ""
        mask = attributes.items_with(attributes.parse(expression), bundle.item_columns, self.loaded.masks)
        if not mask.any():
            raise BadLine(f"No item has the attributes {expression}.")
        return model.users_for_attributes(mask)

    def _allowed(self, values: Mapping[str, str]) -> NDArray[np.bool_] | None:
        if self.filter_arn is None:
            if values:
                raise BadLine("filterValues need a job with a filterArn.")
            return None
        filter, bundle = self.runtime.filter(self.filter_arn, self.deployment), self.loaded.bundle
        return filter.mask(
            FilterContext(
                items=bundle.user_columns,
                values=values,
                events=self._users_by_event() if filter.needs_events else {},
                ids=bundle.users,
                cache=self.loaded.masks,
            )
        )

    def _users_by_event(self) -> Mapping[str, NDArray[np.intp]]:
        """Event type → users who have such an event among those that the model was trained on."""
        if not self._rows:
            bundle = self.loaded.bundle
            histories = bundle.histories
            owners = np.repeat(np.arange(len(histories)), np.diff(histories.offsets))
            for number, name in enumerate(bundle.event_types):
                self._rows[name] = np.unique(owners[histories.event_types == number])
        return self._rows

"""Which items may appear in an answer. All rules are in this module.

An item may appear if the request's filter allows it, the use case does not hide it, and it is not the item
that the request is about. Items that are idle appear only if there are too few others, and behind them. A
filter judges upserted items by their upserted properties. An id that neither the bundle nor the upserts know
has no properties, so no INCLUDE allows it and no EXCLUDE removes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Value
from tastemaker.contracts.arns import segment_of
from tastemaker.contracts.filter_record import compiled_of
from tastemaker.contracts.statuses import ACTIVE
from tastemaker.errors import InvalidInput
from tastemaker.filters import Filter, FilterContext, FilterError, check, load, parse
from tastemaker.masks import Flags, Mask
from tastemaker.models.actions import ActionModel
from tastemaker.recipes.recipe import Recipe
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.history import Past
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime

NO_ITEMS = np.zeros(0, np.int32)
FilterValues = Mapping[str, str] | None


class Eligible(NamedTuple):
    """The items that may appear, and those that come before all others.

    `allowed` is None if all items may appear, and `first` if all are equal.
    """

    allowed: Mask | None
    first: Mask | None = None


def allowed_items(query: Query, filter_arn: str | None, values: FilterValues) -> Mask | None:
    """Return the items that may appear in a list of recommendations; None for all of them.

    Raises InvalidInput for a filter or values that do not fit, and ResourceNotFound for an unknown filter.
    """
    allowed = _filtered(query, requested_filter(query.runtime, query.endpoint, filter_arn, values), values)
    hidden = _hidden_by_use_case(query)
    if not len(hidden) and query.item_index < 0:
        return allowed
    mask = Mask(len(query.loaded.bundle.items)) if allowed is None else allowed
    own = [query.item_index] if query.item_index >= 0 else []
    return mask.without(np.append(hidden, np.array(own, hidden.dtype)))


def preferred_items(query: Query, allowed: Mask | None, count: int) -> Eligible:
    """Return the allowed items that are not idle, if there are `count` of them; otherwise they come first.

    It matters only in a catalog that turns over, such as that of a news site (`Bundle.live_items`).
    """
    live = query.loaded.bundle.live_items if query.loaded.model.prefers_live_items else None
    if live is None:
        return Eligible(allowed)
    preferred = Mask.of(live)
    if allowed is not None:
        preferred = allowed.and_by(query.loaded.masks, preferred)
    return Eligible(preferred) if preferred.count() >= count else Eligible(allowed, preferred)


def rankable_items(
    query: Query, unknown_ids: Sequence[str], filter_arn: str | None, values: FilterValues
) -> tuple[Mask | None, set[str]]:
    """Return what a ranking may contain (None for all items), and those of `unknown_ids`.

    `unknown_ids` are ids of the request that the bundle does not have. Raises as `allowed_items`.
    """
    filter = requested_filter(query.runtime, query.endpoint, filter_arn, values)
    allowed = _filtered(query, filter, values)
    return allowed, _allowed_unknown_ids(query, unknown_ids, filter, values)


def allowed_actions(
    query: Query, model: ActionModel, past: Past, filter_arn: str | None, values: FilterValues
) -> Flags:
    """Return the actions that may appear: available ones that the filter allows. bool[actions].

    `past` is what the user did with actions. Raises as `allowed_items`.
    """
    available = model.available(past.history, int(query.runtime.clock()))
    filter = requested_filter(query.runtime, query.endpoint, filter_arn, values)
    if filter is None:
        return available
    users, user = query.loaded.bundle.user_columns, query.user_index
    context = FilterContext(
        items=model.columns,
        values=values or {},
        events=past.by_type if filter.needs_events else {},
        user=users.record(user) if filter.needs_user and user >= 0 else {},
        ids=model.actions,
    )
    return available & filter.mask(context).flags


def requested_filter(
    runtime: Runtime, endpoint: Endpoint, filter_arn: str | None, values: FilterValues = None
) -> Filter | None:
    """Return the filter of a request, or None.

    The filter must be ACTIVE, belong to the endpoint's dataset group, and fit its recipe. Raises InvalidInput
    otherwise and for values without a filter, and ResourceNotFound.
    """
    if not filter_arn:
        if values:
            raise InvalidInput("filterValues need a filterArn.")
        return None
    if segment_of(filter_arn) != "filter":
        raise InvalidInput(f"{filter_arn} is not the ARN of a filter.")
    body = runtime.records.get(filter_arn).body
    if body.get("status") != ACTIVE:
        raise InvalidInput(f"The filter {filter_arn} is not active but {body.get('status')}.")
    if body["datasetGroupArn"] != endpoint.dataset_group_arn:
        raise InvalidInput(f"The filter {filter_arn} belongs to another dataset group than {endpoint.arn}.")
    return _checked(runtime, body, endpoint.recipe)


def _checked(runtime: Runtime, body: Mapping[str, Any], recipe: Recipe) -> Filter:
    """Return the filter of a record. Raises FilterError if it does not fit the recipe."""
    # The record has the compiled form as well, because the parser library takes long to import.
    compiled = compiled_of(body)
    source = compiled or body["filterExpression"]
    key = source, recipe.name
    if key not in runtime.filters:
        filter = load(source) if compiled else parse(source)
        try:
            check(filter, recipe_type=recipe.type, recipe_name=recipe.name)
        except FilterError:
            # A compiled filter has no positions. Parse the text again, so that the message has the place.
            check(parse(filter.text), recipe_type=recipe.type, recipe_name=recipe.name)
        runtime.filters[key] = filter
    return runtime.filters[key]


def _filtered(query: Query, filter: Filter | None, values: FilterValues) -> Mask | None:
    """Return the items of the bundle that a filter allows; None for all of them."""
    if filter is None:
        return None
    upserted = query.upserted_items

    def mask() -> Mask:
        context = _filter_context(query, filter, values)
        of_bundle = filter.mask(context)
        return of_bundle if upserted is None else upserted.update_mask(filter, context, of_bundle)

    if filter.needs_events or filter.needs_user or filter.needs_current_item:
        return mask()
    columns = query.loaded.bundle.item_columns if upserted is None else upserted.upserted_columns
    key = (filter.text, *sorted((values or {}).items()))
    return Mask.of(query.loaded.masks.get((columns,), key, lambda: mask().flags))


def _allowed_unknown_ids(
    query: Query, ids: Sequence[str], filter: Filter | None, values: FilterValues
) -> set[str]:
    if filter is None or not ids:
        return set(ids)
    allowed = set() if filter.includes else set(ids)
    upserted = query.upserted_items
    if upserted is not None:
        rows = upserted.allowed(filter, _filter_context(query, filter, values))
        for item_id, is_allowed in zip(upserted.ids.tolist(), rows.tolist(), strict=True):
            (allowed.add if is_allowed else allowed.discard)(item_id)
    return allowed & set(ids)


def _filter_context(query: Query, filter: Filter, values: FilterValues) -> FilterContext:
    bundle = query.loaded.bundle
    current: int | Mapping[str, Value] | None = query.item_index if query.item_index >= 0 else None
    if filter.needs_current_item and query.item_id and query.upserted_items is not None:
        # Upserted items have rows of their own, so the current item is passed by its properties.
        known = bundle.item_columns.record(query.item_index) if query.item_index >= 0 else None
        current = query.upserted_items.get(query.item_id) or known
    return FilterContext(
        items=bundle.item_columns,
        values=values or {},
        events=query.past.by_type if filter.needs_events else {},
        user=_user_properties(query) if filter.needs_user else {},
        current_item=current,
        ids=bundle.items,
        cache=query.loaded.masks,
    )


def _user_properties(query: Query) -> Mapping[str, Value]:
    """Return the current user's properties: upserted ones if they are newer than the bundle."""
    if not query.user_id:
        return {}
    bundle = query.loaded.bundle
    upserted = query.runtime.upserts.user(query.storage("USERS").catalog, query.user_id)
    if upserted is not None:
        properties, time = upserted
        if query.user_index < 0 or time > float(bundle.manifest.get("created") or 0.0):
            return properties
    return bundle.user_columns.record(query.user_index) if query.user_index >= 0 else {}


def _hidden_by_use_case(query: Query) -> NDArray[np.int32]:
    """Return the items that the recipe hides: those that the user has an event of a certain type with."""
    event_type = (query.endpoint.recipe.hides or "").casefold()
    if not event_type or not query.user_id:
        return NO_ITEMS
    found = [items for name, items in query.past.by_type.items() if name.casefold() == event_type]
    return np.concatenate(found) if found else NO_ITEMS

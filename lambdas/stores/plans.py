"""Plans of any size: large members travel through Step Functions by reference.

The payload of a state has at most 256 KB, and `States.DataLimitExceeded` is not caught by `States.ALL`. So a
member that is larger than `MAX_MEMBER_BYTES` becomes an object of the lake, and the plan has its key.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.lake_layout import plan_member

MAX_MEMBER_BYTES = 4 << 10
"""Plans have fewer than 30 members, so a plan has at most half of what a state may have."""
REFERENCE = "lakeKey"
"""The only member of an object that stands for the content of a key."""

PlanType = TypeVar("PlanType", bound=Mapping[str, Any])


def by_reference(lake: LakeBucket, plan: Mapping[str, Any], execution: str) -> dict[str, Any]:
    """A plan whose large lists and objects are in the lake. The same execution writes the same keys."""
    return {name: _stored(lake, name, value, execution) for name, value in plan.items()}


def resolved(lake: LakeBucket, plan: PlanType) -> PlanType:
    """The plan that `by_reference` was given. Raises LookupError if an object is gone."""
    return cast(PlanType, {name: _loaded(lake, value) for name, value in plan.items()})


def _stored(lake: LakeBucket, name: str, value: Any, execution: str) -> Any:
    if not isinstance(value, list | dict):
        return value
    text = json.dumps(value, ensure_ascii=False)
    if len(text.encode()) <= MAX_MEMBER_BYTES:
        return value
    key = plan_member(execution, name)
    lake.write(key, text)
    return {REFERENCE: key}


def _loaded(lake: LakeBucket, value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {REFERENCE}:
        return json.loads(lake.read(value[REFERENCE]))
    return value

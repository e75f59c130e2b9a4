"""The stack that declares a resource, as the tags that CloudFormation gives to what it creates.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

OWNER = "_declaredBy"
"""The private member of a record with the declaration that it belongs to: a stack's ARN and a logical ID."""
RESERVED = "aws:"
STACK_NAME, STACK_ID, LOGICAL_ID = (
    f"{RESERVED}cloudformation:{name}" for name in ("stack-name", "stack-id", "logical-id")
)
_OWNER = re.compile(r"(arn:[^/]+:stack/([^/]+)/[^/]+)/([^/]+)")


def stack_tags(body: Mapping[str, Any]) -> list[dict[str, str]]:
    """The tags of a resource that a stack declares; none for others."""
    found = _OWNER.match(str(body.get(OWNER, "")))
    if found is None:
        return []
    values = {STACK_NAME: found.group(2), STACK_ID: found.group(1), LOGICAL_ID: found.group(3)}
    return [{"tagKey": key, "tagValue": value} for key, value in values.items()]


def stack_in(tags: Iterable[Mapping[str, str]]) -> str | None:
    """The stack and the logical ID in tags, for messages; None if there is none."""
    values = {tag["tagKey"]: tag["tagValue"] for tag in tags}
    if STACK_NAME not in values:
        return None
    logical_id = values.get(LOGICAL_ID)
    return f"the stack {values[STACK_NAME]}" + (f" as {logical_id}" if logical_id else "")

"""moto skips resource types that it does not know, and reports the stack as complete.

A program that creates Personalize's resource types this way would continue without them. So such a template
is rejected with CloudFormation's message for an unknown type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import ChangeSet, Stack

FAMILY = "AWS::Personalize::"


def install() -> None:
    """Reject templates with resources of Personalize; a second call changes nothing."""
    for owner in (Stack, ChangeSet):
        if not hasattr(owner._parse_template, "checks"):
            owner._parse_template = _checking(owner._parse_template)  # type: ignore[method-assign, assignment]


def _checking(parse: Callable[[Any], None]) -> Callable[[Any], None]:
    def checked(self: Stack | ChangeSet) -> None:
        parse(self)
        resources = (self.template_dict or {}).get("Resources") or {}
        types = sorted({str(one.get("Type")) for one in resources.values() if isinstance(one, dict)})
        refused = [name for name in types if name.startswith(FAMILY)]
        if refused:
            text = f"Template format error: Unrecognized resource types: [{', '.join(refused)}]"
            raise ValidationError(message=f"{text}; the local run creates them by the API only.")

    checked.checks = True  # type: ignore[attr-defined]
    return checked

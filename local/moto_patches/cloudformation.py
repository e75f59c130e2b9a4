"""moto passes over resource types that it does not know, and calls the stack complete.

For Personalize's own types a program would go on with nothing made; so a template with them is refused, in
CloudFormation's words for a type that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import ChangeSet, Stack

FAMILY = "AWS::Personalize::"


def install() -> None:
    """Let no template with a resource of Personalize pass; a second call changes nothing."""
    for kind in (Stack, ChangeSet):
        if not hasattr(kind._parse_template, "checks"):
            kind._parse_template = _checking(kind._parse_template)  # type: ignore[method-assign, assignment]


def _checking(parse: Callable[[Any], None]) -> Callable[[Any], None]:
    def checked(self: Stack | ChangeSet) -> None:
        parse(self)
        resources = (self.template_dict or {}).get("Resources") or {}
        kinds = sorted({str(one.get("Type")) for one in resources.values() if isinstance(one, dict)})
        refused = [kind for kind in kinds if kind.startswith(FAMILY)]
        if refused:
            text = f"Template format error: Unrecognized resource types: [{', '.join(refused)}]"
            raise ValidationError(message=f"{text}; the local run makes them by the API only.")

    checked.checks = True  # type: ignore[attr-defined]
    return checked

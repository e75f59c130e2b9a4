"""The substitutions of a state machine's definition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def substituted(definition: str, values: Mapping[str, Any]) -> str:
    """The definition with each placeholder `${Name}` replaced that has a value, once."""
    return re.sub(
        r"\$\{([^{}]+)\}",
        lambda found: str(values[found[1]]) if found[1] in values else found[0],
        definition,
    )

"""The specification of a function in the template."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

TEXT_GENERATION = "TASTEMAKER_TEXT_GENERATION"
"""The variable with the settings of generated texts."""


@dataclass(frozen=True)
class FunctionSpec:
    """One Lambda function."""

    name: str
    arn: str
    handler: str
    role_arn: str
    code: Path
    timeout: float  # seconds
    memory_mb: int
    log_group: str
    environment: dict[str, str] = field(default_factory=dict)


def with_text_model(spec: FunctionSpec, model: str) -> FunctionSpec:
    """The function with another model that writes texts, if it writes texts."""
    settings = spec.environment.get(TEXT_GENERATION)
    if settings is None:
        return spec
    changed = json.dumps({**json.loads(settings), "model": model})
    return replace(spec, environment={**spec.environment, TEXT_GENERATION: changed})

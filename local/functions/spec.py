"""The specification of a function in the template."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


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

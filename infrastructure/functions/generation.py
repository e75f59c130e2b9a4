"""The `generation` function: messages, explanations in words, and summaries."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import answer_with_models, use_text_model
from infrastructure.stage import Stage


def _limits(stage: Stage) -> Limits:
    # The control function waits for the answer, and an HTTP API for the control function: 29 seconds.
    return Limits(memory=stage.functions.generation_memory, timeout=28, disk=stage.functions.runtime_disk)


def _connect(generation: ServiceFunction, uses: Resources) -> None:
    answer_with_models(generation, uses)
    use_text_model(generation, uses)


FUNCTION = FunctionDeclaration(
    name="generation",
    description="tastemaker: writes messages, explanations and summaries",
    limits=_limits,
    connect=_connect,
)

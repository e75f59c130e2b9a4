"""The text generator of the stage: its model with retries, a ceiling, a cache and metrics, or templates."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from lambdas.support import metrics
from lambdas.support.generators.bedrock import CONFIG, Converse
from lambdas.support.generators.small_model import small_model
from tastemaker.contracts.metrics import (
    GENERATION_CALLS,
    GENERATION_COST,
    GENERATION_INPUT_TOKENS,
    GENERATION_OUTPUT_TOKENS,
    GENERATION_THROTTLES,
)
from tastemaker.contracts.text_models import TextGeneration, is_small, text_model
from tastemaker.generation.generator import Generator, Templates
from tastemaker.generation.patience import Patient, Spending, TimeLimit
from tastemaker.generation.text_cache import Cached, TextStore
from tastemaker.generation.writer import Writer


@dataclass(frozen=True)
class TextLimits:
    """How many seconds one text may take, with all retries, and one call of the model."""

    seconds: float
    call_seconds: float


class GenerationFigures:
    """The figures of one job or request: what the writer counts, and what the calls have cost.

    `time` is what all its texts may take together.
    """

    def __init__(self, ceiling: float) -> None:
        self.spending, self.time = Spending(ceiling), TimeLimit()
        self._figures: dict[str, float] = {}

    def add(self, metric: str, value: float = 1) -> None:
        self._figures[metric] = self._figures.get(metric, 0) + value

    def throttled(self) -> None:
        """Count a call that the service refused for the moment."""
        self.add(GENERATION_THROTTLES)

    def emit(self) -> dict[str, float]:
        """Write the figures as metrics and start again from zero. Returns them."""
        spending, usage = self.spending, self.spending.usage
        if spending.calls:
            self._figures |= {
                GENERATION_CALLS: spending.calls,
                GENERATION_INPUT_TOKENS: usage.input_tokens,
                GENERATION_OUTPUT_TOKENS: usage.output_tokens,
                GENERATION_COST: round(spending.counted, 6),
            }
        found = self._figures
        if found:
            metrics.emit(found)
        self._figures, self.spending.calls = {}, 0
        self.spending.spent, self.spending.lost, self.spending.usage = 0.0, 0.0, type(usage)()
        return found


def generator_of(
    settings: TextGeneration,
    figures: GenerationFigures,
    limits: TextLimits,
    client: Any = None,
    store: TextStore | None = None,
) -> Generator:
    """The generator of a stage. `store` keeps its texts for other processes."""
    model = text_model(settings.model)
    if model is None:
        return Templates()
    made: Generator
    if is_small(settings.model):
        made = small_model(settings.model, limits.call_seconds)
    else:
        made = Converse(client or _client(settings.region, limits.call_seconds), settings.invoked, model)
    patient = Patient(
        made,
        figures.spending,
        seconds=limits.seconds,
        call_seconds=limits.call_seconds,
        limit=figures.time,
        on_throttle=figures.throttled,
    )
    return Cached(patient, store)


def writer_of(
    settings: TextGeneration, limits: TextLimits, client: Any = None, store: TextStore | None = None
) -> tuple[Writer, GenerationFigures]:
    """The writer of a stage, and the figures that it counts."""
    figures = GenerationFigures(float(settings.ceiling_usd))
    return Writer(generator_of(settings, figures, limits, client, store), figures), figures


def _client(region: str, call_seconds: float) -> Any:
    used = region or os.environ.get("AWS_REGION")
    config = CONFIG.merge(Config(read_timeout=call_seconds))
    return get_session().create_client("bedrock-runtime", region_name=used, config=config)

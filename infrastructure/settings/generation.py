"""Settings of generated texts: themes, messages, explanations, summaries."""

from __future__ import annotations

from dataclasses import dataclass, field

from infrastructure.settings.declaration import described, setting
from tastemaker.contracts.text_models import (
    DEFAULT_TEXT_MODEL,
    GEOGRAPHIES,
    NO_MODEL,
    SMALL_MODEL,
    TEXT_MODELS,
    TextGeneration,
)


@dataclass(frozen=True, kw_only=True)
class GenerationSettings:
    """The model that writes texts, and its limits."""

    model: str = setting(
        DEFAULT_TEXT_MODEL,
        "model on Amazon Bedrock that writes themes and messages, at a price per token, or in the local run "
        f"{SMALL_MODEL}; templates write them if empty, and whenever the model cannot",
        among=(NO_MODEL, SMALL_MODEL, *TEXT_MODELS),
    )
    region: str = setting("", "region of generation.model; empty for the stack's region")
    geography: str = setting(
        "",
        "geography of the inference profile of generation.model, for regions that offer the model only "
        "through one; empty to call the model itself",
        among=GEOGRAPHIES,
    )
    ceiling_usd: int = setting(
        5, "the most that one job may spend on generated texts, in US dollars", within=(0, 100_000)
    )
    personal_data: list[str] = field(
        default_factory=list,
        metadata=described(
            "what may reach generation.model about a user: columns of the Users dataset, and HISTORY for the "
            "names of items of the newest events"
        ),
    )

    def for_functions(self, region: str) -> TextGeneration:
        """The settings that functions read."""
        return TextGeneration(self.model, region, self.geography, self.ceiling_usd, tuple(self.personal_data))

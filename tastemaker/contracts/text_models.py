"""The text models that a stage may name, and what those on Amazon Bedrock cost.

A model without a known price is not listed, because its cost could neither be estimated nor limited. Prices
are on demand in us-east-1, in US dollars per million tokens: the price list of Amazon Bedrock, read on
1 September 2026 for Nova; the pricing page, as of October 2026, for the others. Standard library only: the
infrastructure imports this module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

NO_MODEL = ""
"""The name that stands for templates."""

GEOGRAPHIES = ("", "us", "us-gov", "eu", "apac", "jp", "au", "global")
"""Where an inference profile may run a model; empty for the region of the call.

https://docs.aws.amazon.com/cdk/api/v2/docs/@aws-cdk_aws-bedrock-alpha.CrossRegionInferenceProfileRegion.html
"""


@dataclass(frozen=True)
class TextModel:
    """A model's ID, and the prices of a million tokens in US dollars."""

    model_id: str
    input_price: float
    output_price: float

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """The price of a call in US dollars."""
        return (input_tokens * self.input_price + output_tokens * self.output_price) / 1e6


TEXT_MODELS: dict[str, TextModel] = {
    model.model_id: model
    for model in (
        TextModel("amazon.nova-micro-v1:0", 0.035, 0.14),
        TextModel("amazon.nova-lite-v1:0", 0.06, 0.24),
        TextModel("meta.llama3-1-8b-instruct-v1:0", 0.22, 0.22),
        TextModel("amazon.nova-pro-v1:0", 0.80, 3.20),
        TextModel("anthropic.claude-haiku-4-5-20251001-v1:0", 1.00, 5.00),
    )
}
"""Every model by its ID, from the cheapest to the most expensive."""

SMALL_MODEL = "smollm2-135m"
"""A small model that runs in the function itself, in the local run only. It costs nothing."""
WEIGHTS_SUFFIX = ".gguf"
"""How the name of a file with the weights of another small model ends."""

DEFAULT_TEXT_MODEL = "amazon.nova-micro-v1:0"

TOKENS: Mapping[str, tuple[int, int]] = {
    "THEME": (952, 6),
    "EMAIL_SUBJECT": (495, 18),
    "EMAIL_BODY": (783, 120),
    "PUSH": (387, 30),
    "ROW_TITLE": (1493, 6),
    "PRODUCT_BLURB": (306, 60),
}
"""Input and output tokens of a text: input as measured on the retail shop (`benchmarks/quality/texts.py`),
output half again as long as the template's texts, because models write more."""

MAX_ATTEMPTS = 2
"""Texts that fail the check are written a second time, so that no text costs more than twice the mean."""


def is_small(model_id: str) -> bool:
    """Whether a model runs in the function itself, and not on Amazon Bedrock."""
    return model_id == SMALL_MODEL or model_id.endswith(WEIGHTS_SUFFIX)


def text_model(model_id: str) -> TextModel | None:
    """The model of an ID or of an inference profile (`us.amazon.…`); None if its price is not known."""
    if is_small(model_id):
        return TextModel(model_id, 0.0, 0.0)
    geography, _, rest = model_id.partition(".")
    return TEXT_MODELS.get(rest if geography in GEOGRAPHIES else model_id)


@dataclass(frozen=True)
class TextGeneration:
    """How a stage writes texts, as one environment variable of its functions.

    `model` is the ID of a model, or empty for templates. `region` and `geography` say where it is called.
    `ceiling_usd` is the most that one job may spend. `personal_data` names what may reach a model about
    a user: columns of the Users dataset, and HISTORY for the items of the newest events.
    """

    model: str = NO_MODEL
    region: str = ""
    geography: str = ""
    ceiling_usd: int = 0
    personal_data: tuple[str, ...] = ()

    @property
    def invoked(self) -> str:
        """The ID that calls name: that of the model, or of its inference profile."""
        return f"{self.geography}.{self.model}" if self.geography else self.model

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> TextGeneration:
        """The object that `to_json` wrote. Raises ValueError if `text` is something else."""
        value = json.loads(text)
        names = {field.name for field in fields(cls)}
        if not isinstance(value, dict) or value.keys() != names:
            raise ValueError(f"it must be a JSON object with the members {', '.join(sorted(names))}")
        return cls(**{**value, "personal_data": tuple(value["personal_data"])})

"""Lines of batch inference jobs with `messageConfig`: each line gets a message about its recommendations.

{"userId": "u"}  →  {"recommendedItems": […], "scores": […], "message": {"text": "…", "facts": […], …}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tastemaker.batch import lines
from tastemaker.batch.delivery import Audience
from tastemaker.batch.inference import InferenceJob
from tastemaker.batch.lines import BadLine
from tastemaker.contracts.text_models import MAX_ATTEMPTS, TOKENS, TextGeneration, text_model
from tastemaker.generation import messages
from tastemaker.generation.messages import LETTERS_PER_TOKEN, MessageType
from tastemaker.generation.writer import Writer
from tastemaker.serving.item_texts import ItemTexts
from tastemaker.serving.messages import about_user, described, order_of
from tastemaker.serving.query import Query


@dataclass
class MessageJob:
    """What all lines of a job with messages share. `config` is the request's `messageConfig`."""

    job: InferenceJob
    config: Mapping[str, Any]
    writer: Writer
    settings: TextGeneration
    audience: Audience = field(default_factory=Audience)

    def answer(self, question: lines.Question) -> Mapping[str, Any]:
        """Return the `output` of a line. Raises TastemakerError if the line cannot be answered."""
        self.audience.check(question.get("userId"))
        output = self.job.answer(question)
        query = Query(self.job.runtime, self.job.endpoint, question.get("userId"), question.get("itemId"))
        texts = ItemTexts(query, self._columns)
        items = texts.of(output["recommendedItems"])
        if not items:
            raise BadLine("There are no items to write a message about: the filter may allow none.")
        about = about_user(query, texts, self.settings) if query.user_id else ()
        order = order_of(self.config, texts, about)
        row = order.message_type is MessageType.ROW_TITLE
        background = texts.catalog.background if row else None
        message = messages.write(order, items, self.writer, background)
        found = described(message, self.config.get("greeting"))
        address = self._address(query)
        return {**output, "message": {**found, **({"address": address} if address else {})}}

    def _address(self, query: Query) -> str | None:
        """The user's address, from the column that `delivery` names. It never reaches a model."""
        name = (self.config.get("delivery") or {}).get("addressColumn")
        column = query.loaded.bundle.user_columns.find(name) if name else None
        value = column.value(query.user_index) if column is not None and query.user_index >= 0 else None
        return None if value is None else str(value)

    @cached_property
    def _columns(self) -> Mapping[str, Any]:
        return self.config.get("itemColumns") or {}


def largest_cost(settings: TextGeneration, text_type: str, count: float, longest: int = 0) -> float:
    """The most that so many texts can cost, in US dollars. Nothing without a model.

    `longest` is `maxLength` of the request, in letters; 0 stands for what is usual for the type. A longer
    text has a longer draft too, which the model reads.
    """
    model = text_model(settings.model)
    if model is None:
        return 0.0
    read, written = TOKENS[text_type]
    usual = messages.LONGEST[MessageType(text_type)] if longest else 0
    more = max(longest - usual, 0) / LETTERS_PER_TOKEN
    return MAX_ATTEMPTS * model.cost(int((read + more) * count), int((written + more) * count))

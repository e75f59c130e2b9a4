"""Operations on models and texts. The control function has authorized and validated the request.

An event is {"operation", "params"}. The answer is {"output"}, or {"error", "message", "status"} for an error
of the caller. The function opens models, which the control function is too small for.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from lambdas.stores.bundles import BundleCache
from lambdas.stores.lake import LakeBucket
from lambdas.stores.profiles import Profiles
from lambdas.stores.records import ResourceTable
from lambdas.stores.texts import LakeTexts
from lambdas.stores.upserts import CatalogUpserts
from lambdas.support.clients import client
from lambdas.support.generators.connect import TextLimits, writer_of
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker.errors import TastemakerError
from tastemaker.extensions.browsing import describe_user, find_items, find_users
from tastemaker.extensions.describe_model import describe_model
from tastemaker.extensions.explain_recommendations import explain_recommendations
from tastemaker.extensions.generate_message import generate_message
from tastemaker.extensions.get_data_insights import get_data_insights
from tastemaker.extensions.summaries import describe_taste, summarize_item
from tastemaker.serving.endpoints import RecordCache
from tastemaker.serving.runtime import Runtime

SECONDS_PER_REQUEST = 20.0
"""How long all texts of a request may take. The rest is for models: an HTTP API gives up after 29 seconds."""
MARGIN_SECONDS = 4.0
"""What is left of the function's time when the last text must be there."""
LIMITS = TextLimits(seconds=SECONDS_PER_REQUEST, call_seconds=8.0)


class Generation:
    """The operations and their stores. There is one object per process, which keeps models open."""

    def __init__(self, settings: Settings) -> None:
        dynamodb = client("dynamodb")
        self._settings = settings.text_generation
        s3 = client("s3")
        self._bundles = BundleCache(s3)
        self._runtime = Runtime(
            RecordCache(ResourceTable(dynamodb, settings.resources_table)),
            self._bundles,
            Profiles(dynamodb, settings.profiles_table),
            upserts=CatalogUpserts(dynamodb, settings.catalog_table),
        )
        self._writer, self._figures = writer_of(
            self._settings, LIMITS, store=LakeTexts(LakeBucket(s3, settings.lake_bucket))
        )

    def run(self, operation: str, params: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The members of the response of an operation within `seconds`. Raises TastemakerError."""
        self._figures.time.start(min(SECONDS_PER_REQUEST, seconds - MARGIN_SECONDS))
        try:
            match operation:
                case "GenerateMessage":
                    return generate_message(self._runtime, self._settings, self._writer, params)
                case "ExplainRecommendations":
                    return explain_recommendations(self._runtime, self._settings, self._writer, params)
                case "SummarizeItem":
                    return summarize_item(self._runtime, self._writer, params)
                case "DescribeTaste":
                    return describe_taste(self._runtime, params)
                case "DescribeModel":
                    return describe_model(self._runtime, self._bundles.manifest, params)
                case "GetDataInsights":
                    return get_data_insights(self._runtime, params)
                case "FindItems":
                    return find_items(self._runtime, params)
                case "FindUsers":
                    return find_users(self._runtime, params)
                case "DescribeUser":
                    return describe_user(self._runtime, params)
        finally:
            figures = self._figures.emit()
            if figures:
                logger.info("texts written", extra={"model": self._writer.name, **figures})
        raise ValueError(f"There is no operation {operation!r}.")


@cache
def _generation() -> Generation:
    return Generation(Settings())


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a call of the control function."""
    seconds = context.get_remaining_time_in_millis() / 1000
    try:
        return {"output": _generation().run(event["operation"], event["params"], seconds)}
    except TastemakerError as error:
        return {"error": error.code, "message": error.message, "status": error.status}

"""The refresh step: a plan becomes a folder in the lake, which the runtime combines with the model."""

from typing import Any

from lambdas.refreshing.refresh import RefreshRun
from lambdas.stores.catalog import upserts_since
from lambdas.stores.impression_log import ImpressionTable
from lambdas.stores.lake import LakeBucket
from lambdas.support.clients import client
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker.contracts.plans import RefreshPlan

_s3, _dynamodb = client("s3"), client("dynamodb")


def handle(event: RefreshPlan, context: Any = None) -> dict[str, Any]:
    """Run the refresh of a plan. Returns {"items", "events"}, or {"skip": True} if nothing happened."""
    settings = Settings()
    logger.append_keys(arn=event["arn"])
    run = RefreshRun(
        LakeBucket(_s3, settings.lake_bucket),
        lambda catalog, since: upserts_since(_dynamodb, settings.catalog_table, catalog, since),
        ImpressionTable(_dynamodb, settings.recommendations_table).find,
    )
    result = run.run(event)
    logger.info("refreshed", extra=result)
    return result

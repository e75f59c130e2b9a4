"""Refresh work: the plan of a refresh → a folder in the lake that the runtime lays over the model."""

from typing import Any

from lambdas.refreshing.refresh import Refreshing
from lambdas.stores.catalog import upserts_since
from lambdas.stores.impression_log import ImpressionTable
from lambdas.stores.lake import LakeBucket
from lambdas.support.clients import client
from lambdas.support.observability import logger
from lambdas.support.settings import Settings

_s3, _dynamodb = client("s3"), client("dynamodb")


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """`event` is the plan. Returns {"items", "events"}, or {"skip": True} if nothing happened."""
    settings = Settings()
    logger.append_keys(arn=event["arn"])
    lake = LakeBucket(_s3, settings.lake_bucket)
    answers = ImpressionTable(_dynamodb, settings.recommendations_table)
    work = Refreshing(
        lake,
        lambda dataset, since: upserts_since(_dynamodb, settings.catalog_table, dataset, since),
        answers.lists,
    )
    result = work.run(event)
    logger.info("refreshed", extra=result)
    return result

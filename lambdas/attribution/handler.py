"""The attribution function: it reports on new events and imports of a metric attribution."""

import time
from typing import Any

import boto3

from lambdas.attribution.cloudwatch import CONFIG, CloudWatch
from lambdas.attribution.events import Events
from lambdas.attribution.imports import Imports
from lambdas.attribution.items import Items
from lambdas.stores.caller_access import CallerAccess
from lambdas.stores.caller_outputs import OutputFolder
from lambdas.stores.lake import LakeBucket
from lambdas.stores.plans import resolved
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker.contracts.plans import AttributionPlan
from tastemaker.failures import WorkFailedError

session = boto3.Session()
s3 = session.client("s3")
dynamodb = session.client("dynamodb")
cloudwatch = session.client("cloudwatch", config=CONFIG)


def handle(event: AttributionPlan, context: Any = None) -> dict[str, int]:
    """Run the plan of an attribution. Returns the numbers of event files and of imports that were reported.

    A failure does not stop the other reports, and the next run tries again. Raises the first WorkFailedError
    after all reports were tried.
    """
    settings, now = Settings(), time.time()
    logger.append_keys(arn=event["arn"])
    lake = LakeBucket(s3, settings.lake_bucket)
    event = resolved(lake, event)
    items = Items(lake, dynamodb, settings.catalog_table, event["items"])
    metrics = CloudWatch(cloudwatch, settings.attribution_namespace, event["datasetGroupArn"])
    imports = Imports(event, lake, items, metrics, lambda: _output(settings, event))
    done, failures = {"events": 0, "imports": 0}, []
    try:
        done["events"] = Events(event, lake, items, metrics).report(now)
    except WorkFailedError as error:
        failures.append(error)
    for one in event["imports"]:
        try:
            imports.report(one, now)
            done["imports"] += 1
        except WorkFailedError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return done


def _output(settings: Settings, plan: AttributionPlan) -> OutputFolder | None:
    """The caller's folder for reports, or None if the attribution has none."""
    if plan["output"] is None:
        return None
    access = CallerAccess.connect(session, s3, settings)
    return access.output(plan["output"], plan["roleArn"], plan["kmsKeyArn"])

"""Events: they change answers at once, the next training learns from them, and attribution counts them."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

from deployment.smoke.context import Context, check
from deployment.smoke.steps.lifecycle import machine_arn
from deployment.smoke.steps.models import create_campaign, create_version
from tastemaker.contracts.lake_layout import Area
from tastemaker.contracts.workflow_names import ATTRIBUTION

POPULARITY = "aws-popularity-count"
CHANGE_SECONDS = 60.0
FANS, EVENTS_PER_FAN = 60, 4
METRIC = "smoke_purchases"
SCHEDULE_SECONDS = 20 * 60.0
"""Attribution runs every quarter of an hour."""
METRIC_SECONDS = 15 * 60.0
"""How long CloudWatch may need to show a new metric."""


def events(context: Context) -> str:
    """One user's events change that user's next answer, and nobody else's."""
    shop, personalize = context.shop, context.personalize
    tracker = personalize.create_event_tracker(name=context.run, datasetGroupArn=context.group)
    context.tracker, context.tracking_id = tracker["eventTrackerArn"], tracker["trackingId"]
    context.wait("event_tracker", "eventTracker", context.tracker)
    context.attribution = personalize.create_metric_attribution(
        name=context.run,
        datasetGroupArn=context.group,
        metrics=[{"metricName": METRIC, "eventType": "purchase", "expression": "SAMPLECOUNT()"}],
        metricsOutputConfig={"roleArn": context.role},
    )["metricAttributionArn"]
    context.wait("metric_attribution", "metricAttribution", context.attribution)
    user, other = shop.customer(0), shop.customer(4)  # both buy in the same aisle
    before, others_before = (context.recommend(context.recipe, one) for one in (user, other))
    aisle = shop.aisle(1)
    began = time.monotonic()
    send(context, user, [shop.item(aisle, place) for place in range(5)])

    def changed() -> bool:
        return _share(context, context.recommend(context.recipe, user), aisle) > _share(
            context, before, aisle
        )

    context.until(changed, "a changed answer", CHANGE_SECONDS, pause=0.2)
    seconds = time.monotonic() - began
    others = context.recommend(context.recipe, other)
    same = _share(context, others, aisle) == _share(context, others_before, aisle)
    check(same, "the events of one user changed the answer of another")
    return f"the answer changed {seconds:.1f} s after PutEvents, for that user only"


def send(context: Context, user: str, items: list[str]) -> None:
    """Send purchases of now."""
    now = int(time.time())
    listed = [
        {"eventType": "purchase", "itemId": item, "sentAt": now - len(items) + place}
        for place, item in enumerate(items)
    ]
    context.events.put_events(
        trackingId=context.tracking_id, sessionId=f"{user}-session", userId=user, eventList=listed
    )
    context.streamed += [(user, item) for item in items]


def _share(context: Context, items: list[str], aisle: str) -> int:
    return sum(context.shop.aisle_of(item) == aisle for item in items)


def retraining(context: Context) -> str:
    """An item that only streamed events name is the most popular one after the next training."""
    shop = context.shop
    for number in range(FANS):  # each event at a time of its own
        send(context, shop.customer(number), [shop.new_item] * EVENTS_PER_FAN)
    context.target.flush()
    _wait_for_delivery(context)
    version = create_version(context, POPULARITY)
    context.wait("solution_version", "solutionVersion", version)
    create_campaign(context, POPULARITY)
    found = context.recommend(POPULARITY, shop.customer(1))
    check(
        found[0] == shop.new_item,
        f"the training did not count the streamed events: {shop.new_item} was bought {FANS * EVENTS_PER_FAN} "
        f"times, and the most popular items are {', '.join(found[:3])}",
    )
    return f"{FANS * EVENTS_PER_FAN} streamed events made {shop.new_item} the most popular item"


def _wait_for_delivery(context: Context) -> None:
    """Wait until Firehose has written files, and as long again for what was sent last."""
    group = context.run
    bucket = context.target.lake(group)
    buffer = context.target.stage.events.lake_buffer_seconds

    def delivered() -> bool:
        return context.target.has_objects(bucket, group, Area.EVENTS)

    context.until(delivered, f"events of {group} in s3://{bucket}", 3 * buffer + 300)
    if not context.target.is_local:
        context.console.progress(f"    waiting {buffer} s for the last delivery")
        context.pause(buffer + 30)


def metrics(context: Context) -> str:
    """Metrics of the model, and the number of purchases that attribution reports to CloudWatch."""
    version = context.versions[context.recipe]
    found = context.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
    check(0 < found["coverage"] <= 1, f"coverage is {found['coverage']}")
    check(len(found) > 5, f"only {len(found)} metrics: {sorted(found)}")
    _run_attribution(context)
    cloudwatch, namespace = context.target.client("cloudwatch"), context.target.attribution_namespace

    def total() -> float:
        now, name, amount = datetime.now(UTC), METRIC.upper(), 0.0
        for one in cloudwatch.list_metrics(Namespace=namespace, MetricName=name)["Metrics"]:
            if context.group not in {dimension["Value"] for dimension in one["Dimensions"]}:
                continue
            points = cloudwatch.get_metric_statistics(
                Namespace=namespace,
                MetricName=name,
                Dimensions=one["Dimensions"],
                StartTime=now - timedelta(hours=6),
                EndTime=now + timedelta(hours=1),
                Period=900,
                Statistics=["Sum"],
            )["Datapoints"]
            amount += sum(point["Sum"] for point in points)
        return amount

    sent = len(context.streamed)
    seconds = 60.0 if context.target.is_local else METRIC_SECONDS
    context.until(lambda: total() >= sent, f"{sent} purchases in CloudWatch", seconds)
    check(total() == sent, f"attribution reported {total():.0f} purchases, and {sent} were sent")
    return f"{len(found)} metrics of the model; {sent} purchases in CloudWatch, namespace {namespace}"


def _run_attribution(context: Context) -> None:
    """Wait for the schedule of an account, which proves its role. In a local run, start the machine."""
    states, machine = context.target.client("stepfunctions"), machine_arn(context, ATTRIBUTION)
    began = datetime.now(UTC)
    if context.target.is_local:
        states.start_execution(
            stateMachineArn=machine, input=json.dumps({"metricAttributionArn": context.attribution})
        )

    def succeeded() -> bool:
        listed = states.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"]
        return any(one["startDate"] >= began - timedelta(seconds=2) for one in listed)

    context.until(succeeded, "an execution of attribution", SCHEDULE_SECONDS)

"""Rules with a schedule."""

from __future__ import annotations

import pytest

from local.scheduling.scheduled_rules import ScheduledRules
from local.terminal import Terminal
from tests.local.conftest import unique

HOUR = 3600.0
NOON = 1_790_337_600.0  # 2026-09-25T12:00:00Z


@pytest.fixture
def rule(local):
    """Make a rule with a schedule and one target; removed in the end."""
    client, names = local.client("events"), []

    def make(expression):
        names.append(unique("scheduled"))
        client.put_rule(Name=names[-1], ScheduleExpression=expression)
        client.put_targets(Rule=names[-1], Targets=[{"Id": "1", "Arn": local.account.arn("sqs", "none")}])
        return names[-1]

    yield make
    for name in names:
        client.remove_targets(Rule=name, Ids=["1"])
        client.delete_rule(Name=name)


@pytest.fixture
def tick(local):
    """Look for rules that are due at a time; the events that were sent."""
    now, sent = [NOON], []

    def deliver(rule, target, event):
        sent.append((rule.name, event))

    rules = ScheduledRules(local.account, deliver, Terminal(quiet=True), clock=lambda: now[0])

    def call(moment):
        now[0] = moment
        sent.clear()
        rules.tick()
        return dict(sent)

    return call


def test_rate_is_counted_from_the_first_look_at_the_rule(rule, tick, local):
    name = rule("rate(1 hour)")
    assert name not in tick(NOON + 1)
    assert name not in tick(NOON + HOUR)
    event = tick(NOON + HOUR + 2)[name]
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["resources"] == [local.account.arn("events", f"rule/{name}")]
    assert name not in tick(NOON + HOUR + 3)


def test_cron_is_due_at_its_minute(rule, tick):
    name = rule("cron(30 12 * * ? *)")
    assert name not in tick(NOON + 1)
    assert name in tick(NOON + HOUR / 2 + 0.5)
    assert name not in tick(NOON + HOUR / 2 + 1)


def test_disabled_rule_is_not_due_and_starts_again(rule, tick, local):
    name, client = rule("rate(1 hour)"), local.client("events")
    tick(NOON + 1)
    client.disable_rule(Name=name)
    assert name not in tick(NOON + HOUR + 2)
    client.enable_rule(Name=name)
    assert name not in tick(NOON + HOUR + 3)
    assert name in tick(NOON + 2 * HOUR + 4)


def test_expression_that_is_not_evaluated_leaves_other_rules_due(rule, tick):
    rule("cron(0 12 L * ? *)")
    name = rule("rate(1 hour)")
    tick(NOON + 1)
    assert name in tick(NOON + HOUR + 2)

"""Rules of EventBridge."""

from __future__ import annotations

from tests.local import tiny


def test_a_rule_whose_function_does_not_let_eventbridge_call_it(refused):
    rule = tiny.resources()["Watched"]
    rule["Properties"]["EventPattern"].pop("detail")
    rule["Properties"]["Targets"][0]["Arn"] = tiny.get_att("Closed")
    assert "lets EventBridge call it" in refused(Closed=tiny.function("shut", "FnRole"), Watched=rule)


def test_a_rule_on_events_that_nobody_sends(refused):
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {"EventPattern": {"source": ["aws.s3"]}, "Targets": []},
    }
    assert "have events locally" in refused(Rule=rule)

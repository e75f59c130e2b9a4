"""Rules of EventBridge."""

from __future__ import annotations

from tests.local import tiny


def test_rule_whose_function_does_not_allow_eventbridge_is_refused(refused):
    rule = tiny.resources()["Watched"]
    rule["Properties"]["EventPattern"].pop("detail")
    rule["Properties"]["Targets"][0]["Arn"] = tiny.get_att("Closed")
    assert "lets EventBridge call it" in refused(Closed=tiny.function("shut", "FnRole"), Watched=rule)


def test_rule_for_events_that_the_local_run_does_not_send_is_refused(refused):
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {"EventPattern": {"source": ["aws.s3"]}, "Targets": []},
    }
    assert "have events locally" in refused(Rule=rule)

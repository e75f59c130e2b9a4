"""What targets of rules get."""

from __future__ import annotations

import json

import pytest

from local.scheduling.target_input import target_input

EVENT = {
    "id": "7bf7",
    "detail-type": "Status",
    "time": "2026-11-29T12:00:00Z",
    "resources": ["arn:one"],
    "detail": {"name": 'the "best"', "count": 2, "open": None, "parts": [{"a": 1}]},
}


def given(**target):
    return target_input(target, EVENT, rule_name="mine", rule_arn="arn:rule/mine")


def transformed(template, **paths):
    return given(InputTransformer={"InputPathsMap": paths, "InputTemplate": template})


def test_target_gets_the_event_a_part_of_it_or_a_constant():
    assert json.loads(given()) == EVENT
    assert json.loads(given(InputPath="$.detail.parts[0]")) == {"a": 1}
    assert given(Input='{"is": "constant"}') == '{"is": "constant"}'


def test_value_outside_of_quotes_is_json():
    text = transformed(
        '{"name": <name>, "count": <count>, "open": <open>, "all": <all>, "type": <type>}',
        name="$.detail.name",
        count="$.detail.count",
        open="$.detail.open",
        all="$.detail.parts",
        type="$.detail-type",
    )
    assert json.loads(text) == {
        "name": 'the "best"',
        "count": 2,
        "open": None,
        "all": [{"a": 1}],
        "type": "Status",
    }


def test_value_between_quotes_leaves_the_text_json():
    text = transformed(
        '"<name> has <count>, \\"<type>\\""',
        name="$.detail.name",
        count="$.detail.count",
        type="$.detail-type",
    )
    assert json.loads(text) == 'the "best" has 2, "Status"'


def test_template_that_is_not_json_is_a_text():
    assert transformed('<type> is "<name>"', type="$.detail-type", name="$.detail.name") == (
        'Status is "the "best""'
    )


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{"value": <missing>}', '{"value": ""}'),
        ('"a <missing>b"', '"a b"'),
        ('"a <unknown>b"', '"a b"'),
        ("<aws.events.rule-name>", '"mine"'),
        ("<aws.events.event.json>", json.dumps(EVENT)),
        (
            '{"of": <aws.events.event>}',
            '{"of": {"id": "7bf7", "detailType": "Status", "time": "2026-11-29T12:00:00Z", '
            '"resources": ["arn:one"]}}',
        ),
        ('{"at": <aws.events.event.ingestion-time>}', '{"at": "2026-11-29T12:00:00Z"}'),
    ],
)
def test_variables_that_find_nothing_and_those_of_eventbridge(template, text):
    assert transformed(template, missing="$.detail.nothing") == text

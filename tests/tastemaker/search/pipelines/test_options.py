"""The checks of the plugin, with its types of errors."""

from typing import Any

import pytest

from tastemaker.search.errors import ConfigurationError
from tastemaker.search.pipelines.options import Fusion, read_options

CAMPAIGN = "arn:aws:personalize:us-east-1:123456789012:campaign/films"
PLUGIN = {
    "campaign_arn": CAMPAIGN,
    "item_id_field": "ITEM_ID",
    "recipe": "aws-personalized-ranking-v2",
    "weight": "0.3",
    "iam_role_arn": "arn:aws:iam::123456789012:role/ranking",
    "aws_region": "us-east-1",
}


def test_definition_of_the_plugin_is_read() -> None:
    options = read_options({**PLUGIN, "tag": "t", "ignore_failure": True})
    assert (options.weight, options.item_id_field, options.ignore_failure) == (0.3, "ITEM_ID", True)
    assert (options.window, options.fusion, options.filter_arn) == (None, Fusion.RANKS, None)


@pytest.mark.parametrize(
    ("change", "member", "reason"),
    [
        ({"weight": "1.5"}, "weight", "[weight] invalid value for weight"),
        ({"weight": -0.1}, "weight", "[weight] invalid value for weight"),
        ({"weight": "much"}, "weight", "[weight] property cannot be converted to a double [much]"),
        ({"weight": None}, "weight", "[weight] required property is missing"),
        (
            {"campaign_arn": "arn:aws:s3:::bucket"},
            "campaign_arn",
            "invalid format for Personalize campaign arn",
        ),
        ({"campaign_arn": "films"}, "campaign_arn", "invalid format for Personalize campaign arn"),
        ({"campaign_arn": 7}, "campaign_arn", "property isn't a string"),
        ({"iam_role_arn": CAMPAIGN}, "iam_role_arn", "invalid format for Personalize iam role arn"),
        ({"recipe": "aws-user-personalization"}, "recipe", "not supported recipe provided"),
        ({"aws_region": None}, "aws_region", "required property is missing"),
        ({"window": 0}, "window", "from 1 to 10000"),
        ({"fusion": "votes"}, "fusion", "ranks, scores"),
        ({"filter_arn": "arn:aws:iam::1:role/x"}, "filter_arn", "invalid format"),
        ({"promotion": {"filter_arn": CAMPAIGN}}, "promotion", "percent_promoted_items is missing"),
        ({"time_limit_milliseconds": "soon"}, "time_limit_milliseconds", "cannot be converted to an int"),
        ({"filter_values": {"A": 1}}, "filter_values", "object of strings"),
    ],
)
def test_invalid_option_is_refused_with_its_name(change: dict[str, Any], member: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_options({**PLUGIN, "tag": "mine", **change})
    body = refused.value.body()
    assert body["status"] == 400
    assert reason in body["error"]["reason"]
    assert body["error"]["root_cause"] == [
        {
            "type": "parse_exception",
            "reason": body["error"]["reason"],
            "processor_type": "personalized_search_ranking",
            "processor_tag": "mine",
            "property_name": member,
        }
    ]


def test_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"\[wait\]"):
        read_options({**PLUGIN, "wait": 1})

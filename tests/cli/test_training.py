"""Recipes by name, and the progress of a training."""

import io
from dataclasses import dataclass, field
from typing import Any

import pytest

from cli.errors import CommandError
from cli.output import Output
from cli.progress import Step
from cli.training import TrainingLog, chosen_recipes

VERSION = "arn:aws:personalize:us-east-1:123456789012:solution/shop-for-you/1a2b3c4d"


@dataclass
class Logs:
    """CloudWatch Logs with one stream."""

    lines: list[str]
    asked: list[str] = field(default_factory=list)

    def client(self, _: str) -> Any:
        return self

    def describe_log_streams(self, *, logGroupName: str, logStreamNamePrefix: str) -> dict[str, Any]:  # noqa: N803
        self.asked.append(logStreamNamePrefix)
        return {"logStreams": [{"logStreamName": f"{logStreamNamePrefix}-1/algo-1"}]}

    def get_log_events(self, **asked: Any) -> dict[str, Any]:
        lines, self.lines = self.lines, []
        return {"events": [{"message": line} for line in lines], "nextForwardToken": "t"}


def test_newest_line_of_the_log_is_shown_with_the_passes_left() -> None:
    logs = Logs(["prepared 100 interactions", "pass 6/8 loss 5.5960 validation 0.1818 best 0.1818 left 75 s"])
    shown = Step("Train", Output(err=io.StringIO()), 0.0)
    log = TrainingLog(logs, VERSION)  # type: ignore[arg-type]
    log.show(shown)
    assert shown.last == "pass 6 of 8, 75 s left"
    assert logs.asked == ["tastemaker-solution-shop-for-you-1a2b3c4d"]


@pytest.mark.parametrize(
    ("given", "recipes"),
    [
        ("popular, for-you", ["aws-popularity-count", "aws-user-personalization-v2"]),
        ("aws-item-affinity", ["aws-item-affinity"]),
        ("", []),
    ],
)
def test_recipes_have_short_names(given: str, recipes: list[str]) -> None:
    assert chosen_recipes(given, {}) == recipes


def test_unknown_recipe_is_refused_with_the_names() -> None:
    with pytest.raises(CommandError) as raised:
        chosen_recipes("magic", {})
    assert "for-you" in raised.value.remedy

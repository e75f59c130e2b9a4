"""Rules of a solution's configuration, by recipe and schema."""

import pytest

from tastemaker import recipes
from tastemaker.control.core import solution_config
from tastemaker.errors import InvalidInput
from tastemaker.schemas import parse
from tests.standard_schemas import ITEM_ID, TIMESTAMP, USER_ID, avro, field

V2, SIMS = recipes.by_name("aws-user-personalization-v2"), recipes.by_name("aws-sims")
SCHEMAS = {"INTERACTIONS": parse(avro()), "ITEMS": parse(avro("Items"))}


@pytest.mark.parametrize(("expression", "days"), [("rate(1 day)", 1), ("rate(30 days)", 30)])
def test_schedule_is_a_rate_in_days(expression: str, days: int) -> None:
    config = {"autoTrainingConfig": {"schedulingExpression": expression}}
    assert solution_config.days_between_trainings(config) == days
    assert solution_config.days_between_trainings({}) == 7


@pytest.mark.parametrize(
    "expression", ["rate(0 days)", "rate(31 days)", "rate(2 hours)", "cron(0 0 * * ? *)"]
)
def test_other_schedules_are_refused_with_the_range(expression: str) -> None:
    with pytest.raises(InvalidInput, match=r"from rate\(1 day\) to rate\(30 days\)"):
        solution_config.days_between_trainings({"autoTrainingConfig": {"schedulingExpression": expression}})


@pytest.mark.parametrize(
    ("recipe", "request_", "said"),
    [
        (SIMS, {"solutionConfig": {"eventsConfig": {}}}, "eventsConfig is not supported"),
        (V2, {"eventType": "a", "solutionConfig": {"eventsConfig": {}}}, "either eventType"),
        (V2, {"solutionConfig": {"autoMLConfig": {}}}, "autoMLConfig needs performAutoML"),
        (
            V2,
            {"performAutoTraining": False, "solutionConfig": {"autoTrainingConfig": {}}},
            "contradicts performAutoTraining",
        ),
        (
            V2,
            {"solutionConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["NOPE"]}}}},
            "NOPE, which the schema of ITEMS does not have",
        ),
        (
            V2,
            {
                "solutionConfig": {
                    "trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["USER_ID"]}}
                }
            },
            "USER_ID is needed for training",
        ),
        (SIMS, {"solutionConfig": {"optimizationObjective": {}}}, "optimizationObjective is not supported"),
        (V2, {"solutionConfig": {"eventValueThreshold": "much"}}, "must be a number"),
        (V2, {"solutionConfig": {"eventValueThreshold": "nan"}}, "must be a number"),
        (V2, {"solutionConfig": {"eventValueThreshold": "1e400"}}, "must be a number"),
    ],
)
def test_rule_that_is_broken_is_named(recipe, request_: dict, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        solution_config.check(recipe, request_, SCHEMAS)


def test_event_type_that_is_listed_twice_is_refused() -> None:
    events = {"eventParametersList": [{"eventType": "view"}, {"eventType": "view"}]}
    with pytest.raises(InvalidInput, match="'view' is listed more than once"):
        solution_config.check_events_config(V2, events)


def test_columns_of_a_dataset_that_is_not_there_yet_are_not_checked() -> None:
    config = {"excludedDatasetColumns": {"ITEMS": ["LATER"]}}
    solution_config.check(V2, {"solutionConfig": {"trainingDataConfig": config}}, {})


def test_threshold_without_an_event_type_needs_values_alone() -> None:
    columns = [USER_ID, ITEM_ID, TIMESTAMP]
    rated = [*columns, field("EVENT_VALUE", ["null", "float"])]
    request = {"solutionConfig": {"eventValueThreshold": "4"}}
    solution_config.check(V2, request, {"INTERACTIONS": parse(avro(fields=rated))})
    with pytest.raises(InvalidInput, match="needs the column EVENT_VALUE"):
        solution_config.check(V2, request, {"INTERACTIONS": parse(avro(fields=columns))})

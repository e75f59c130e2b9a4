"""How late automatic trainings are: the age of the last successful one, in intervals of its schedule.

A scheduled run that finds no new interactions trains nothing, and that is no delay. It notes the time of its
check in `CHECKED_AT`, a private member of the solution or recommender.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tastemaker.contracts import statuses
from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.control.core import solution_config
from tastemaker.control.core.context import Context
from tastemaker.control.core.records import Record

CHECKED_AT = "_trainingCheckedAt"
RETRAINING_DAYS = 7
"""How often a recommender is trained."""


@dataclass(frozen=True)
class TrainingDelay:
    """`intervals` is the age of the last success, divided by the time between two scheduled trainings."""

    arn: str
    intervals: float


def training_delays(context: Context) -> Iterator[TrainingDelay]:
    """The delay of every solution and recommender that is trained on a schedule."""
    for solution in context.records.each_current("Solution"):
        if solution.status == statuses.ACTIVE and solution.body.get("performAutoTraining"):
            config = solution.body.get("solutionConfig") or {}
            period = solution_config.days_between_trainings(config) * DAY_SECONDS
            scheduled = float(solution.body.get("_firstTrainingAt", solution.created_at)) - period
            succeeded = max(_successes(context, solution), default=0.0)
            yield _delay(context, solution, max(scheduled, succeeded), period)
    for recommender in context.records.each_current("Recommender"):
        if recommender.status == statuses.ACTIVE:
            succeeded = float(recommender.body.get("_trainedAt", recommender.created_at))
            yield _delay(context, recommender, succeeded, RETRAINING_DAYS * DAY_SECONDS)


def _successes(context: Context, solution: Record) -> Iterator[float]:
    for version in context.records.each("SolutionVersion", solution.arn):
        if version.status == statuses.ACTIVE:
            yield version.created_at
            return  # lists begin with the newest


def _delay(context: Context, record: Record, since: float, period: float) -> TrainingDelay:
    since = max(since, float(record.body.get(CHECKED_AT, 0.0)))
    return TrainingDelay(record.arn, (context.now() - since) / period)

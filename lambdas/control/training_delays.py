"""The metric that an alarm for late trainings watches."""

from lambdas.support import metrics
from lambdas.support.observability import logger
from tastemaker.contracts.metrics import TRAINING_DELAY
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.workflows.training_delays import training_delays

LATE_INTERVALS = 2.0
"""A training of this age is late: a scheduled training and the one after it brought no new version."""


def report_training_delays(control: ControlPlane) -> None:
    """Write the largest delay as a metric, and name in the log what is late."""
    delays = list(training_delays(control))
    for delay in delays:
        if delay.intervals > LATE_INTERVALS:
            logger.warning(
                "training is late", extra={"resource": delay.arn, "intervals": round(delay.intervals, 2)}
            )
    if delays:
        metrics.emit({TRAINING_DELAY: round(max(delay.intervals for delay in delays), 3)})

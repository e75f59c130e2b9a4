"""The log of a training job, and the curve that is in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from console.api import Api

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
LINES = 200
PASS = re.compile(
    r"pass (?P<number>\d+)/(?P<last>\d+|\?) loss (?P<loss>[\d.]+) validation (?P<validation>[\d.]+)"
    r" best [\d.]+(?: left (?P<left>.+))?"
)


@dataclass(frozen=True)
class Pass:
    """One pass over the data: the loss, and the result on validation data."""

    number: int
    loss: float
    validation: float


@dataclass(frozen=True)
class TrainingLog:
    """The newest lines, the curve, and how long the rest takes in the job's own words."""

    lines: Sequence[str] = ()
    passes: Sequence[Pass] = ()
    left: str = ""

    @property
    def chart(self) -> dict[str, object] | None:
        """The curve for the page's script; None for fewer than two passes."""
        if len(self.passes) < 2:
            return None
        return {
            "label": "Pass",
            "time": False,
            "x": [one.number for one in self.passes],
            "lines": [
                {"label": "Validation", "color": "--bar", "values": [one.validation for one in self.passes]},
                {
                    "label": "Loss",
                    "color": "--bar-soft",
                    "axis": "right",
                    "dash": True,
                    "values": [one.loss for one in self.passes],
                },
            ],
        }


def parse(lines: Sequence[str]) -> TrainingLog:
    """The curve of a log."""
    passes, left = [], ""
    for line in lines:
        found = PASS.match(line)
        if found:
            passes.append(Pass(int(found["number"]), float(found["loss"]), float(found["validation"])))
            left = found["left"] or ""
    return TrainingLog(lines, passes, left)


def read(api: Api, job: str) -> TrainingLog:
    """The log of a job in CloudWatch; empty if there is none yet, or if the caller may not read it."""
    try:
        streams = api.call(
            "logs", "DescribeLogStreams", logGroupName=LOG_GROUP, logStreamNamePrefix=job, limit=5
        )["logStreams"]
        if not streams:
            return TrainingLog()
        events = api.call(
            "logs",
            "GetLogEvents",
            logGroupName=LOG_GROUP,
            logStreamName=streams[-1]["logStreamName"],
            limit=LINES,
        )["events"]
    except ClientError:
        return TrainingLog()
    return parse([event["message"] for event in events])

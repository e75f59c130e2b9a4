"""What a training cost, from its SageMaker job."""

from __future__ import annotations

from dataclasses import dataclass

from console.api import Api
from console.resources import optional
from tastemaker.contracts import training_prices


@dataclass(frozen=True)
class TrainingCost:
    """The cost of one training job. `seconds` are billed for each of the instances."""

    usd: float
    instance_type: str
    instances: int
    seconds: float


def training_cost(api: Api, job_name: str) -> TrainingCost | None:
    """The cost of a finished job; None if the caller may not describe it, or if the price is not known.

    A local run bills nothing: the seconds are those that the job took on this machine.
    """
    job = optional(api, "sagemaker", "DescribeTrainingJob", TrainingJobName=job_name)
    if not job.get("TrainingStartTime") or not job.get("TrainingEndTime"):
        return None
    seconds = (job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds()
    if not api.target.serves_aws:
        seconds = float(job.get("BillableTimeInSeconds", seconds))
    resources = job["ResourceConfig"]
    instance_type, instances = resources["InstanceType"], resources["InstanceCount"]
    usd = training_prices.training_cost(instance_type, instances, seconds)
    return None if usd is None else TrainingCost(usd, instance_type, instances, seconds)

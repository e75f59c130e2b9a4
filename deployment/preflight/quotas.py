"""Service quotas that new accounts have too low: training instances, Spark, and Lambda's limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deployment.preflight.finding import Account, Finding, Status

NEW_ACCOUNT_MEMORY = 3008
"""MB of memory that a function may have in a new account. No API tells the limit."""
LIVE_CONCURRENCY = 20
"""Environments for live requests, beside those of jobs."""
UNRESERVED = 100
"""Concurrent executions that AWS keeps for functions without a reservation: a deployment would fail."""
LONGEST_TRAINING = "Longest run time for a training job"
DEFAULT_LONGEST_SECONDS = 5 * 86_400
"""How long a training job may run in an account that asked for no more.

https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
"""
SPARK_QUOTA = "Max concurrent vCPUs per account"
CONSOLE = "https://{region}.console.aws.amazon.com/servicequotas/home/services/{service}/quotas/{code}"


@dataclass(frozen=True, kw_only=True)
class _TrainingNeed:
    """What the stage needs of a quota of SageMaker: instances, or seconds. `setting` asks for it."""

    check: str
    quota: str
    amount: int
    setting: str
    always: bool = True


def training_instances(account: Account) -> list[Finding]:
    """The quotas of the stage's training instance, and of a long training, looked up by their names.

    A spot training needs the spot quota. The quota on demand is a warning then: it serves if spot is off.
    """
    settings = account.template.stage.training
    needs = [
        _TrainingNeed(
            check="training instances",
            quota=f"{settings.instance_type} for {usage}",
            amount=settings.instance_count,
            setting="training.instanceType",
            always=always,
        )
        for usage, always in (
            ("training job usage", not settings.spot),
            ("spot training job usage", settings.spot),
        )
    ]
    seconds = settings.max_runtime_minutes * 60
    if seconds > DEFAULT_LONGEST_SECONDS:
        needs.append(
            _TrainingNeed(
                check="training run time",
                quota=LONGEST_TRAINING,
                amount=seconds,
                setting="training.maxRuntimeMinutes",
            )
        )
    found = _by_name(account, "sagemaker", {need.quota for need in needs})
    return [_training_quota(account, need, found.get(need.quota)) for need in needs]


def _training_quota(account: Account, need: _TrainingNeed, found: dict[str, Any] | None) -> Finding:
    short: Status = "missing" if need.always else "warning"
    if found is None:
        return Finding(
            need.check,
            "unknown",
            f"Service Quotas lists no quota named {need.quota!r}",
            f"Check {need.setting} in cdk.json, and look the quota up in the console.",
            CONSOLE.format(region=account.region, service="sagemaker", code="").removesuffix("/"),
        )
    if found["Value"] < need.amount:
        return Finding(
            need.check,
            short,
            f"{need.quota}: {found['Value']:.0f}, and the stage needs {need.amount}",
            f"Request {need.amount} or more; AWS usually answers within a day or two."
            + ("" if need.always else " Only trainings without spot capacity need it."),
            CONSOLE.format(region=account.region, service="sagemaker", code=found["QuotaCode"]),
        )
    return Finding(need.check, "ok", f"{need.quota}: {found['Value']:.0f}")


def spark_cores(account: Account) -> list[Finding]:
    """The quota of EMR Serverless, if the stage has Spark: a job that wants more cores fails.

    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/endpoints-quotas.html
    """
    settings = account.template.stage.distributed
    if not settings.enabled:
        return [Finding("Spark", "ok", "the stage has none")]
    quota = _by_name(account, "emr-serverless", {SPARK_QUOTA}).get(SPARK_QUOTA)
    link = CONSOLE.format(region=account.region, service="emr-serverless", code="L-D05C8A75")
    if quota is None:
        text = f"Service Quotas lists no quota named {SPARK_QUOTA!r}"
        return [Finding("Spark", "unknown", text, "Look the quota up in the console.", link)]
    if quota["Value"] < settings.maximum_cores:
        return [
            Finding(
                "Spark",
                "missing",
                f"{SPARK_QUOTA}: {quota['Value']:.0f}, and a job may want {settings.maximum_cores}",
                f"Request {settings.maximum_cores} or more, or lower distributed.maximumCores in cdk.json.",
                link,
            )
        ]
    return [Finding("Spark", "ok", f"{SPARK_QUOTA}: {quota['Value']:.0f}")]


def _by_name(account: Account, service: str, names: set[str]) -> dict[str, dict[str, Any]]:
    """The quotas with these names: the account's own values, or else AWS's defaults.

    ListServiceQuotas omits a quota that has no value of the account's own.
    """
    client = account.client("service-quotas")
    found: dict[str, dict[str, Any]] = {}
    for operation in (client.list_service_quotas, client.list_aws_default_service_quotas):
        for quota in _pages(operation, service):
            if quota["QuotaName"] in names:
                found.setdefault(quota["QuotaName"], quota)
        if names <= found.keys():
            break
    return found


def _pages(operation: Any, service: str) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    while True:
        answer = operation(ServiceCode=service, MaxResults=100, **token)
        yield from answer["Quotas"]
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


def lambda_concurrency(account: Account) -> list[Finding]:
    """Batch jobs and deletions must not take all environments from live requests."""
    functions = account.template.stage.functions
    limit = account.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    jobs = max(functions.batch_concurrency, functions.deletion_concurrency)
    wanted = jobs + LIVE_CONCURRENCY + functions.runtime_provisioned
    link = CONSOLE.format(region=account.region, service="lambda", code="L-B99A9384")
    reserved = functions.batch_reserved + functions.deletion_reserved
    if reserved and limit < reserved + UNRESERVED:
        return [
            Finding(
                "Lambda concurrency",
                "missing",
                f"{limit} concurrent executions: the stage reserves {reserved}, and AWS keeps {UNRESERVED} "
                "unreserved",
                f"Request {reserved + UNRESERVED} or more, or set functions.batchReserved and "
                "functions.deletionReserved to 0 in cdk.json.",
                link,
            )
        ]
    if limit < wanted:
        return [
            Finding(
                "Lambda concurrency",
                "warning",
                f"{limit} concurrent executions: a job may take {jobs} of them from live requests",
                f"Request {wanted} or more, or lower functions.batchConcurrency and "
                "functions.deletionConcurrency in cdk.json.",
                link,
            )
        ]
    return [Finding("Lambda concurrency", "ok", f"{limit} concurrent executions")]


def lambda_memory(account: Account) -> list[Finding]:
    """New accounts reject functions with more than 3,008 MB."""
    large = {
        properties["FunctionName"]: properties["MemorySize"]
        for properties in account.template.of_type("AWS::Lambda::Function").values()
        if properties.get("MemorySize", 0) > NEW_ACCOUNT_MEMORY and "FunctionName" in properties
    }
    if large:
        listed = ", ".join(f"{name} ({memory:,} MB)" for name, memory in sorted(large.items()))
        return [
            Finding(
                "Lambda memory",
                "warning",
                f"new accounts are limited to {NEW_ACCOUNT_MEMORY:,} MB, which these exceed: {listed}",
                "Ask AWS Support to raise the limit, or lower the memory in cdk.json.",
                "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
            )
        ]
    return [Finding("Lambda memory", "ok", f"no function has more than {NEW_ACCOUNT_MEMORY:,} MB")]

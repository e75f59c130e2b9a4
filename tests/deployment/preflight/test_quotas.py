"""Quotas are found by name through ListServiceQuotas; what is too low has a link to the console."""

from typing import Any

from deployment.preflight import quotas

ON_DEMAND = "ml.m7i.2xlarge for training job usage"
SPOT = "ml.m7i.2xlarge for spot training job usage"
PAGE = {"ServiceCode": "sagemaker", "MaxResults": 100}
LIST, DEFAULTS = "list_service_quotas", "list_aws_default_service_quotas"


def quota(name: str, value: float, code: str = "L-1") -> dict[str, Any]:
    return {"QuotaName": name, "Value": value, "QuotaCode": code, "ServiceCode": "sagemaker"}


def found(make, client: Any, **training: Any) -> dict[str, tuple[str, str, str]]:
    account = make({"training": training}, stubs={"service-quotas": client})
    return {
        one.text.split(":")[0]: (one.status, one.text, one.link) for one in quotas.training_instances(account)
    }


def test_spot_training_needs_the_spot_quota_and_warns_of_the_other(make, stubbed) -> None:
    pages = (
        (LIST, {"Quotas": [quota("other", 9)], "NextToken": "n"}, PAGE),
        (LIST, {"Quotas": [quota(ON_DEMAND, 0, "L-D"), quota(SPOT, 0, "L-S")]}, {**PAGE, "NextToken": "n"}),
    )
    by_name = found(make, stubbed("service-quotas", *pages), spot=True)
    status, text, link = by_name[SPOT]
    assert status == "missing" and "0, and the stage needs 1" in text
    assert link == "https://eu-west-1.console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas/L-S"
    assert by_name[ON_DEMAND][0] == "warning"


def test_training_on_demand_needs_the_quota_on_demand(make, stubbed) -> None:
    answer = {"Quotas": [quota(ON_DEMAND, 1), quota(SPOT, 5)]}
    by_name = found(make, stubbed("service-quotas", (LIST, answer, PAGE)), spot=False, instanceCount=2)
    assert by_name[ON_DEMAND][0] == "missing" and by_name[SPOT][0] == "ok"


def test_quotas_without_a_value_of_the_accounts_own_have_the_default(make, stubbed) -> None:
    client = stubbed(
        "service-quotas",
        (LIST, {"Quotas": [quota(SPOT, 4)]}, PAGE),
        (DEFAULTS, {"Quotas": [quota(ON_DEMAND, 8), quota(SPOT, 0)]}, PAGE),
    )
    by_name = found(make, client)
    assert [by_name[SPOT][1], by_name[ON_DEMAND][1]] == [f"{SPOT}: 4", f"{ON_DEMAND}: 8"]
    assert {status for status, _, _ in by_name.values()} == {"ok"}


def test_instance_type_that_no_quota_names_is_unknown(make, stubbed) -> None:
    client = stubbed("service-quotas", (LIST, {"Quotas": []}, PAGE), (DEFAULTS, {"Quotas": []}, PAGE))
    by_name = found(make, client, instanceType="ml.p9.huge")
    assert {status for status, _, _ in by_name.values()} == {"unknown"}
    assert "ml.p9.huge for spot training job usage" in str(by_name)


def test_training_beyond_five_days_needs_the_quota_of_its_run_time(make, stubbed) -> None:
    """The default is 432,000 seconds: https://docs.aws.amazon.com/general/latest/gr/sagemaker.html."""
    answer = {"Quotas": [quota(ON_DEMAND, 1), quota(SPOT, 1), quota(quotas.LONGEST_TRAINING, 432_000)]}
    for minutes, status in ((5 * 24 * 60, None), (5 * 24 * 60 + 1, "missing")):
        by_name = found(make, stubbed("service-quotas", (LIST, answer, PAGE)), maxRuntimeMinutes=minutes)
        assert by_name.get(quotas.LONGEST_TRAINING, (None,))[0] == status


def test_finding_about_the_run_time_is_not_about_instances(make, stubbed) -> None:
    answer = {"Quotas": [quota(ON_DEMAND, 1), quota(SPOT, 1)]}
    client = stubbed("service-quotas", (LIST, answer, PAGE), (DEFAULTS, {"Quotas": []}, PAGE))
    account = make({"training": {"maxRuntimeMinutes": 9_000}}, stubs={"service-quotas": client})
    *instances, run_time = quotas.training_instances(account)
    assert {one.check for one in instances} == {"training instances"}
    assert (run_time.check, run_time.status) == ("training run time", "unknown")
    assert "training.maxRuntimeMinutes" in run_time.remedy


def test_spark_needs_the_cores_that_the_stage_lets_it_ask_for(make, stubbed) -> None:
    """A new account has 16.

    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/endpoints-quotas.html
    """
    (none,) = quotas.spark_cores(make())
    assert none.status == "ok"
    page = {"ServiceCode": "emr-serverless", "MaxResults": 100}
    answer = {"Quotas": [quota(quotas.SPARK_QUOTA, 16, "L-D05C8A75")]}

    def finding(cores: int, *calls: Any) -> Any:
        client = stubbed("service-quotas", *(calls or ((LIST, answer, page),)))
        stage = {"distributed": {"enabled": True, "maximumCores": cores}}
        (one,) = quotas.spark_cores(make(stage, stubs={"service-quotas": client}))
        return one

    assert finding(16).status == "ok"
    low = finding(20)
    assert low.status == "missing" and "16, and a job may want 20" in low.text
    assert low.link.endswith("/emr-serverless/quotas/L-D05C8A75")
    assert finding(8, (LIST, {"Quotas": []}, page), (DEFAULTS, {"Quotas": []}, page)).status == "unknown"


def concurrency(make, stubbed, limit: int, **functions: Any) -> Any:
    answer = {"AccountLimit": {"ConcurrentExecutions": limit}}
    account = make(
        {"functions": functions}, stubs={"lambda": stubbed("lambda", ("get_account_settings", answer, {}))}
    )
    (finding,) = quotas.lambda_concurrency(account)
    return finding


def test_jobs_must_leave_concurrency_for_live_requests(make, stubbed) -> None:
    low = concurrency(make, stubbed, 10)
    assert low.status == "warning" and "Request 40 or more" in low.remedy and low.link.endswith("L-B99A9384")
    assert concurrency(make, stubbed, 1000).status == "ok"
    assert concurrency(make, stubbed, 40, batchConcurrency=100).status == "warning"


def test_functions_beyond_the_memory_of_new_accounts_are_named(make) -> None:
    (fine,) = quotas.lambda_memory(make())
    assert fine.status == "ok"
    properties = {"FunctionName": "tastemaker-dev-batch", "MemorySize": 4096}
    large = {"Batch": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    (finding,) = quotas.lambda_memory(make(resources=large))
    assert finding.status == "warning" and "tastemaker-dev-batch (4,096 MB)" in finding.text


def test_reserved_concurrency_leaves_a_hundred_unreserved(make, stubbed) -> None:
    low = concurrency(make, stubbed, 120, batchReserved=20, deletionReserved=10)
    assert low.status == "missing" and "Request 130 or more" in low.remedy
    assert concurrency(make, stubbed, 130, batchReserved=20, deletionReserved=10).status == "ok"

import tomllib
from pathlib import Path

import tastemaker
from tastemaker.contracts.arns import AccountScope
from tastemaker.contracts.stage_summary import StageSummary
from tastemaker.control.core.quotas import DOCUMENTED, Quotas
from tastemaker.extensions.describe_deployment import describe_deployment

SCOPE = AccountScope("aws", "eu-west-1", "123456789012")
SUMMARY = StageSummary("dev", {"spotTraining": True, "alarmEmails": False}, 500, 1000)


def described(**quotas):
    return describe_deployment(SCOPE, SUMMARY, Quotas(quotas))["deployment"]


def test_deployment_has_its_stage_region_account_and_limits():
    found = described()
    assert (found["stage"], found["region"], found["accountId"]) == ("dev", "eu-west-1", "123456789012")
    assert found["requestLimits"] == {"requestsPerSecond": 500, "burst": 1000}


def test_features_of_the_stage_and_of_the_version_are_sorted_by_name():
    features = [(one["name"], one["enabled"]) for one in described()["features"]]
    assert features == [
        ("alarmEmails", False),
        ("explanations", True),
        ("precomputedRecommendations", True),
        ("spotTraining", True),
    ]


def test_quota_has_a_limit_only_if_the_stage_enforces_it():
    quotas = {one["name"]: one for one in described(schemas=7)["quotas"]}
    assert quotas.keys() == DOCUMENTED.keys()
    assert quotas["schemas"] == {"name": "schemas", "serviceDefault": 500, "limit": 7}
    assert quotas["datasetGroups"]["limit"] is None


def test_service_models_are_those_that_requests_are_read_with():
    models = {
        one["serviceName"]: (one["apiVersion"], one["operationCount"]) for one in described()["serviceModels"]
    }
    assert models["personalize"] == ("2018-05-22", 71)
    assert models["personalize-runtime"] == ("2018-05-22", 3)
    assert models["personalize-events"] == ("2018-03-22", 5)
    assert models["tastemaker"][0] == "2026-11-28"


def test_version_is_the_one_of_the_project_file():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert described()["version"] == tastemaker.__version__ == project["version"]

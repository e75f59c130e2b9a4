"""DescribeDeployment: what a client can expect of the deployment that answers it."""

from typing import Any

from tastemaker import __version__
from tastemaker.contracts.arns import AccountScope
from tastemaker.contracts.stage_summary import StageSummary
from tastemaker.control.core.quotas import DOCUMENTED, Quotas
from tastemaker.recipes import RECIPES
from tastemaker.wire.models import SERVICES, service_model

BUILT_IN_FEATURES = ("explanations", "precomputedRecommendations")
"""Features that this version always has."""


def describe_deployment(scope: AccountScope, summary: StageSummary, quotas: Quotas) -> dict[str, Any]:
    """The members of the response. `scope` is the account and region that the deployment serves."""
    features = {**summary.features, **dict.fromkeys(BUILT_IN_FEATURES, True)}
    models = {name: service_model(name) for name in SERVICES}
    return {
        "deployment": {
            "version": __version__,
            "stage": summary.stage,
            "region": scope.region,
            "accountId": scope.account,
            "features": [{"name": name, "enabled": enabled} for name, enabled in sorted(features.items())],
            "recipeCount": len(RECIPES),
            "trainableRecipeCount": sum(recipe.trainable for recipe in RECIPES),
            "requestLimits": {"requestsPerSecond": summary.requests_per_second, "burst": summary.burst},
            "quotas": [
                {"name": name, "serviceDefault": default, "limit": quotas.get(name)}
                for name, default in sorted(DOCUMENTED.items())
            ],
            "serviceModels": [
                {
                    "serviceName": name,
                    "apiVersion": model.api_version,
                    "operationCount": len(model.operation_names),
                }
                for name, model in models.items()
            ],
        }
    }

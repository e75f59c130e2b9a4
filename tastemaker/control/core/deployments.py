"""Models of solution versions, and the deployments that serve them."""

from tastemaker.contracts.deployment import Deployment, bundle_of
from tastemaker.control.core.records import Record
from tastemaker.errors import InvalidInput


def trained_bundle_of(version: Record) -> str:
    """The folder of a solution version's model (`s3://…/`). Raises InvalidInput before it is trained."""
    bundle = bundle_of(version.body)
    if bundle is None:
        raise InvalidInput(f"{version.arn} has no model: its status is {version.status}.")
    return bundle


def deployment_of_version(version: Record) -> Deployment:
    """The deployment of a trained solution version. Raises InvalidInput before it is trained."""
    return {
        "solutionVersionArn": version.arn,
        "recipeArn": version.body["recipeArn"],
        "datasetGroupArn": version.body["datasetGroupArn"],
        "bundle": trained_bundle_of(version),
    }

"""The HTTP API. Its routes become those of the gateway."""

from __future__ import annotations

from local.http.cors import Cors
from local.http.gateway import Route
from local.provision.registry import NO_TAGS, Deployment, ProvisionError, adapter
from local.template import Physical, Resource

API_GATEWAY = "apigateway.amazonaws.com"


@adapter("AWS::ApiGatewayV2::Api", handled="Name ProtocolType Description CorsConfiguration", ignored=NO_TAGS)
def api(resource: Resource, deployment: Deployment) -> Physical:
    """Register the HTTP API and its CORS configuration."""
    if resource.properties["ProtocolType"] != "HTTP":
        raise ProvisionError("The local run serves only HTTP APIs.")
    cors = resource.properties.get("CorsConfiguration")
    if cors is not None:
        if cors.get("AllowOrigins") != ["*"] or cors.get("AllowCredentials"):
            raise ProvisionError(
                "The local run answers browsers of all origins or of none, and without credentials."
            )
        deployment.cors = Cors.of(cors)
    return Physical("local", {"ApiEndpoint": deployment.account.endpoint, "ApiId": "local"})


@adapter(
    "AWS::ApiGatewayV2::Integration",
    handled="ApiId IntegrationType IntegrationUri PayloadFormatVersion TimeoutInMillis Description",
    ignored={},
)
def integration(resource: Resource, deployment: Deployment) -> Physical:
    """Register an integration for the routes that name it."""
    properties = resource.properties
    if (properties["IntegrationType"], properties.get("PayloadFormatVersion")) != ("AWS_PROXY", "2.0"):
        raise ProvisionError("The local run serves only Lambda proxy integrations with payload format 2.0.")
    deployment.integrations[resource.id] = properties
    return Physical(resource.id)


@adapter("AWS::ApiGatewayV2::Route", handled="ApiId RouteKey Target AuthorizationType", ignored={})
def route(resource: Resource, deployment: Deployment) -> Physical:
    """Register a route of the gateway."""
    properties = resource.properties
    authorization = properties.get("AuthorizationType", "NONE")
    if authorization not in ("AWS_IAM", "NONE"):
        raise ProvisionError(f"The local run does not check the authorization {authorization}.")
    target = deployment.integrations[properties["Target"].removeprefix("integrations/")]
    uri = target["IntegrationUri"]
    name = uri.partition(":function:")[2].split("/")[0].split(":")[0]
    if name not in deployment.functions:
        raise ProvisionError(f"The target {uri} is not a function of this template.")
    method, _, path = properties["RouteKey"].partition(" ")
    if method == "$default":
        method, path = "ANY", ""
    timeout = target.get("TimeoutInMillis", 30_000) / 1000
    deployment.routes.append(Route(method, path, name, authorization == "AWS_IAM", timeout))
    return Physical(resource.id)


@adapter(
    "AWS::ApiGatewayV2::Stage",
    handled="ApiId StageName AutoDeploy",
    ignored=NO_TAGS
    | {
        "AccessLogSettings": "--verbose shows the requests",
        "DefaultRouteSettings": "nothing is throttled",
    },
)
def stage(resource: Resource, deployment: Deployment) -> Physical:
    """Accept the default stage; others are refused."""
    if resource.properties["StageName"] != "$default":
        raise ProvisionError("The local run serves only the stage $default.")
    return Physical("$default")


def require_permissions(deployment: Deployment) -> None:
    """Check that every function behind a route lets API Gateway invoke it; AWS would answer 500.

    Raises ProvisionError if a function does not.
    """
    for entry in deployment.routes:
        if (entry.function, API_GATEWAY) not in deployment.callers:
            raise ProvisionError(
                f"The route {entry.key} cannot invoke {entry.function}. Add an AWS::Lambda::Permission that "
                "lets API Gateway call it."
            )

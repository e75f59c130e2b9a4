"""The HTTP API: its routes become the gateway's."""

from __future__ import annotations

from local.http.cors import Cors
from local.http.gateway import Route
from local.provision.registry import NO_TAGS, Deployment, ProvisionError, adapter
from local.template import Physical, Resource

API_GATEWAY = "apigateway.amazonaws.com"


@adapter("AWS::ApiGatewayV2::Api", handled="Name ProtocolType Description CorsConfiguration", ignored=NO_TAGS)
def api(resource: Resource, deployment: Deployment) -> Physical:
    if resource.properties["ProtocolType"] != "HTTP":
        raise ProvisionError("only HTTP APIs are served here")
    cors = resource.properties.get("CorsConfiguration")
    if cors is not None:
        if cors.get("AllowOrigins") != ["*"] or cors.get("AllowCredentials"):
            raise ProvisionError("browsers of all origins are answered here, or none, and without cookies")
        deployment.cors = Cors.of(cors)
    return Physical("local", {"ApiEndpoint": deployment.account.endpoint, "ApiId": "local"})


@adapter(
    "AWS::ApiGatewayV2::Integration",
    handled="ApiId IntegrationType IntegrationUri PayloadFormatVersion TimeoutInMillis Description",
    ignored={},
)
def integration(resource: Resource, deployment: Deployment) -> Physical:
    properties = resource.properties
    if (properties["IntegrationType"], properties.get("PayloadFormatVersion")) != ("AWS_PROXY", "2.0"):
        raise ProvisionError("only Lambda proxy integrations with payload format 2.0 are served here")
    deployment.integrations[resource.id] = properties
    return Physical(resource.id)


@adapter("AWS::ApiGatewayV2::Route", handled="ApiId RouteKey Target AuthorizationType", ignored={})
def route(resource: Resource, deployment: Deployment) -> Physical:
    properties = resource.properties
    authorization = properties.get("AuthorizationType", "NONE")
    if authorization not in ("AWS_IAM", "NONE"):
        raise ProvisionError(f"the authorization {authorization} is not checked here")
    target = deployment.integrations[properties["Target"].removeprefix("integrations/")]
    uri = target["IntegrationUri"]
    name = uri.partition(":function:")[2].split("/")[0].split(":")[0]
    if name not in deployment.functions:
        raise ProvisionError(f"the target {uri} is no function of this template")
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
    if resource.properties["StageName"] != "$default":
        raise ProvisionError("a stage with a path of its own is not served here; name it $default")
    return Physical("$default")


def require_permissions(deployment: Deployment) -> None:
    """Every function behind a route must let API Gateway call it, or AWS would answer 500.

    Raises:
        ProvisionError
    """
    for entry in deployment.routes:
        if (entry.function, API_GATEWAY) not in deployment.callers:
            raise ProvisionError(
                f"route {entry.key}: no AWS::Lambda::Permission lets API Gateway call {entry.function}"
            )

"""One HTTP API for all services. Every route asks for an IAM signature."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infrastructure.logs import log_group
from infrastructure.stage import Stage

# personalize and tastemaker are AWS JSON services: one path, and the header X-Amz-Target names the operation.
# personalize-runtime and personalize-events have one path per operation.
CONTROL_PATHS = ("/",)
RUNTIME_PATHS = ("/recommendations", "/personalize-ranking", "/action-recommendations")
# OpenSearch's API has paths of its own for each index. Its clients take a prefix in the URL of their host.
# The methods are named: a route for any method would serve OPTIONS, too, and refuse the unsigned questions of
# browsers (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html).
SEARCH_PATHS = ("/search", "/search/{proxy+}")
SEARCH_METHODS = (
    http.HttpMethod.GET,
    http.HttpMethod.POST,
    http.HttpMethod.PUT,
    http.HttpMethod.DELETE,
    http.HttpMethod.HEAD,
)
EVENTS_PATHS = ("/events", "/items", "/users", "/actions", "/action-interactions")

# Headers that the SDKs send and that browsers do not allow by default, and response headers that the SDKs
# read. A "*" would not include Authorization.
REQUEST_HEADERS = (
    *("authorization", "content-type", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"),
    *("x-amz-target", "x-amz-user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "x-amzn-trace-id"),
    "x-tastemaker-explain",
)
ANSWER_HEADERS = ("x-amzn-requestid", "x-amzn-errortype", "x-tastemaker-source")

# The access log has one JSON object per request. API Gateway defines the $context variables.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latency": "$context.responseLatency",
    "functionLatency": "$context.integrationLatency",
    "caller": "$context.identity.userArn",
    "sourceIp": "$context.identity.sourceIp",
    "error": "$context.error.message",
    "functionError": "$context.integrationErrorMessage",
}


class Api(Construct):
    """Routes to the functions, with throttling and an access log."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        control: lambda_.IFunction,
        runtime: lambda_.IFunction,
        events: lambda_.IFunction,
        search: lambda_.IFunction,
    ) -> None:
        super().__init__(scope, id)
        self.api = http.HttpApi(
            self,
            "Api",
            api_name=stage.stack_name,
            description="Tastemaker: personalize, personalize-runtime, personalize-events and tastemaker",
            default_authorizer=HttpIamAuthorizer(),
            create_default_stage=False,
            # Web shops send events from the browser, with credentials that an identity pool gives to
            # visitors. Pages of any origin may send requests: the signature authorizes them, and cookies are
            # ignored.
            cors_preflight=http.CorsPreflightOptions(
                allow_origins=["*"],
                # The routes of the search have every method that the others have.
                allow_methods=[http.CorsHttpMethod[method.name] for method in SEARCH_METHODS],
                allow_headers=list(REQUEST_HEADERS),
                expose_headers=list(ANSWER_HEADERS),
                max_age=Duration.days(1),
            ),
        )
        self._route("Control", control, CONTROL_PATHS)
        self._route("Runtime", runtime, RUNTIME_PATHS)
        self._route("Events", events, EVENTS_PATHS)
        self._route("Search", search, SEARCH_PATHS, SEARCH_METHODS)
        self.stage = http.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            auto_deploy=True,
            throttle=http.ThrottleSettings(
                rate_limit=stage.throttling.rate, burst_limit=stage.throttling.burst
            ),
        )
        log = log_group(self, "AccessLog", f"/aws/vendedlogs/{stage.stack_name}/api", stage=stage)
        resource = self.stage.node.default_child
        assert isinstance(resource, http.CfnStage)
        resource.access_log_settings = http.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=json.dumps(ACCESS_LOG)
        )

    def _route(
        self,
        name: str,
        function: lambda_.IFunction,
        paths: Sequence[str],
        methods: Sequence[http.HttpMethod] = (http.HttpMethod.POST,),
    ) -> None:
        integration = HttpLambdaIntegration(name, function)
        for path in paths:
            self.api.add_routes(path=path, methods=list(methods), integration=integration)

    @property
    def url(self) -> str:
        """The endpoint, without a trailing slash."""
        return self.api.api_endpoint

"""API Gateway's HTTP API: routes, IAM authorization, and the Lambda payload format 2.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
The signature itself is not verified. The access key says who calls: a user, a role's session, or else the
root user of the account. The permission `execute-api:Invoke` is not required.
"""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.functions.worker import Outcome
from local.http.cors import Cors, is_preflight
from local.http.messages import Request, Response
from local.iam.roles import Identity

Invoke = Callable[[str, Any, str], Outcome]  # function name, event, request id
MAX_BODY_BYTES = 10 * 1024 * 1024
"""The largest request of an HTTP API."""
SIGNED_FOR = ("personalize", "execute-api")
OPEN_PATH = "/search"
"""The path of the OpenSearch API. Its clients need not sign here."""
SEARCH_SIGNED_FOR = ("es", "aoss")
TARGET_PREFIXES = ("AmazonPersonalize.", "Tastemaker.")
_TEXT = re.compile(r"text/.*|application/(.*\+)?(json|javascript|xml)|application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Route:
    """One route of the API: `POST /recommendations` → a function."""

    method: str  # or ANY
    path: str  # /things/{id}, /{proxy+}; "" for $default
    function: str
    iam: bool
    timeout: float = 30.0

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}" if self.path else "$default"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The path's parameters if the route serves the request."""
        if self.method not in ("ANY", method):
            return None
        if not self.path:
            return {}
        found = re.fullmatch(_pattern(self.path), path)
        return found.groupdict() if found else None


def _pattern(path: str) -> str:
    parts = re.split(r"(\{\w+\+?\})", path)
    return "".join(
        f"(?P<{part[1:-1].rstrip('+')}>{'.+' if part.endswith('+}') else '[^/]+'})"
        if part.startswith("{")
        else re.escape(part)
        for part in parts
    )


def names_the_api(request: Request) -> bool:
    """Whether the signature or the target of a request names Personalize."""
    service = request.credential[2] if request.credential else ""
    target = request.headers.get("x-amz-target", "")
    return service in SIGNED_FOR or (service != "s3" and target.startswith(TARGET_PREFIXES))


def is_search(request: Request) -> bool:
    """Whether a request is for OpenSearch's API: by its path, unless it is signed for another service."""
    if request.path != OPEN_PATH and not request.path.startswith(f"{OPEN_PATH}/"):
        return False
    if request.credential is not None:
        return request.credential[2] in (*SIGNED_FOR, *SEARCH_SIGNED_FOR)
    scheme = request.headers.get("authorization", "Basic").partition(" ")[0]
    return scheme == "Basic" and "X-Amz-Signature" not in request.parameters


class Gateway:
    """Turns requests for our own API into invocations."""

    def __init__(
        self,
        routes: Sequence[Route],
        invoke: Invoke,
        *,
        account_id: str,
        api_id: str,
        identify: Callable[[str], Identity],
        cors: Cors | None = None,
        strict: bool = False,
    ) -> None:
        """`identify` takes an access key and returns the identity of its owner.

        If `strict`, a signature for `personalize` is refused as on AWS, which shows a missing overlay.
        """
        # the most specific route wins: literal before parameter, parameter before {proxy+}, method before ANY
        self._routes = sorted(
            routes,
            key=lambda r: (not r.path, "+}" in r.path, r.path.count("{"), -len(r.path), r.method == "ANY"),
        )
        self._invoke = invoke
        self._account_id = account_id
        self._api_id = api_id
        self._identify = identify
        self._cors = cors
        self._strict = strict

    def serves(self, request: Request) -> bool:
        """Whether a request is for this API and not for AWS itself."""
        if self._cors and is_preflight(request):
            if is_search(request):
                return self._find(request, request.headers["access-control-request-method"]) is not None
            return any(route.path == request.path for route in self._routes)
        if names_the_api(request):
            return True
        if is_search(request):
            return self._find(request, request.method) is not None
        if "authorization" in request.headers or "X-Amz-Signature" in request.parameters:
            return False
        route = self._find(request, request.method)
        return route is not None and route[0].path not in ("", "/") and "+}" not in route[0].path

    def _find(self, request: Request, method: str) -> tuple[Route, dict[str, str]] | None:
        for route in self._routes:
            parameters = route.match(method, request.path)
            if parameters is not None:
                return route, parameters
        return None

    def __call__(self, request: Request) -> Response:
        if self._cors is None:
            return self._answer(request)
        if is_preflight(request):
            return self._preflight(self._cors, request)
        return self._cors.mark(request, self._answer(request))

    def _preflight(self, cors: Cors, request: Request) -> Response:
        """The answer to a preflight request. A route for any method takes it first, and asks for a signature.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
        """
        found = self._find(request, request.method)
        if found is not None and found[0].iam:
            return _error(403, "Forbidden", str(uuid.uuid4()))
        return cors.preflight()

    def _answer(self, request: Request) -> Response:
        found = self._find(request, request.method)
        if found is None:
            return _error(404, "Not Found", str(uuid.uuid4()))
        route, parameters = found
        request_id = str(uuid.uuid4())
        if route.iam and not self._authenticates(request):
            return _error(403, "Forbidden", request_id)
        if len(request.body) > MAX_BODY_BYTES:
            return _error(413, "Request Entity Too Large", request_id)
        event = self._event(request, route, parameters, request_id)
        started = time.monotonic()
        outcome = self._invoke(route.function, event, request_id)
        if time.monotonic() - started > route.timeout:
            return _error(503, "Service Unavailable", request_id)
        return _response(outcome, request_id)

    def _authenticates(self, request: Request) -> bool:
        """Whether a request has a signature that is accepted. AWS accepts only those for `execute-api`."""
        if request.credential is None:
            return is_search(request) and not self._strict
        return not self._strict or request.credential[2] == "execute-api"

    def _event(
        self, request: Request, route: Route, parameters: dict[str, str], request_id: str
    ) -> dict[str, Any]:
        body, encoded = _body(request)
        host = request.headers.get("host", "127.0.0.1")
        context: dict[str, Any] = {
            "accountId": self._account_id,
            "apiId": self._api_id,
            "domainName": host,
            "domainPrefix": self._api_id,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.client,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": route.key,
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            "timeEpoch": int(time.time() * 1000),
        }
        if request.credential is not None:
            context["authorizer"] = {"iam": self._caller(request.credential[0])}
        elif is_search(request):
            context["authorizer"] = {"iam": self._caller("")}  # the root user, as with every unknown key
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route.key,
            "rawPath": request.path,
            "rawQueryString": request.query,
            "headers": {name: value for name, value in request.headers.items() if name != "cookie"},
            "requestContext": context,
            "isBase64Encoded": encoded,
        }
        if request.parameters:
            event["queryStringParameters"] = request.parameters
        if parameters:
            event["pathParameters"] = parameters
        if "cookie" in request.headers:
            event["cookies"] = [part.strip() for part in request.headers["cookie"].split(";")]
        if body is not None:
            event["body"] = body
        return event

    def _caller(self, access_key: str) -> dict[str, Any]:
        identity = self._identify(access_key)
        return {
            "accessKey": access_key,
            "accountId": identity.arn.split(":")[4],
            "callerId": identity.id,
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": identity.arn,
            "userId": identity.id,
        }


def _body(request: Request) -> tuple[str | None, bool]:
    """The event's body, and whether it is in base64 because it is not text in UTF-8."""
    if not request.body:
        return None, False
    kind = request.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
    if _TEXT.fullmatch(kind):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _error(status: int, message: str, request_id: str) -> Response:
    """An error of API Gateway's own. An HTTP API sends no error type, unlike a REST API."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Response(status, [("apigw-requestid", request_id), ("Content-Type", "application/json")], body)


def _response(outcome: Outcome, request_id: str) -> Response:
    fields = [("apigw-requestid", request_id)]
    if outcome.throttled:
        return _error(503, "Service Unavailable", request_id)
    if outcome.failed:
        return _error(500, "Internal Server Error", request_id)
    value = json.loads(outcome.payload)
    if not isinstance(value, dict) or "statusCode" not in value:
        text = value if isinstance(value, str) else json.dumps(value)
        return Response(200, [*fields, ("Content-Type", "application/json")], text.encode())
    headers = {name.lower(): str(field) for name, field in (value.get("headers") or {}).items()}
    fields += list(headers.items()) + [("set-cookie", cookie) for cookie in value.get("cookies") or []]
    if "content-type" not in headers:
        fields.append(("Content-Type", "text/plain;charset=utf-8"))
    body = value.get("body") or ""
    raw = base64.b64decode(body) if value.get("isBase64Encoded") else str(body).encode()
    return Response(int(value["statusCode"]), fields, raw)

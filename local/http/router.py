"""The routing of requests: to the console, our API, Lambda, SageMaker's jobs, or moto for the rest of AWS."""

from __future__ import annotations

import json
import threading
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from botocore.model import OperationNotFoundError

from local.account import OWN_AGENT
from local.cloudformation.api import CloudFormation
from local.functions.service import Functions, is_invoke, serve_invoke
from local.http.access import DEFAULT_ACCESS, Access
from local.http.console import ConsolePages
from local.http.health import LOCALSTACK_PATH, health, localstack_health
from local.http.messages import Request, Response
from local.http.moto_app import MotoApp
from local.http.regions import AnyRegion
from local.http.unknown import UnknownServiceError, unknown_operation, unknown_service
from local.iam.enforcer import Enforcer
from local.iam.operations import Operation, operation
from local.iam.roles import Roles
from local.iam.simulation import is_simulation, simulate
from local.jobs.service import TrainingJobs
from local.scheduling.alarms import Alarms
from local.streams.direct_put import DirectPuts
from local.streams.shards import Streams
from local.terminal import Terminal
from local.text_models import TextModels

CONTROL_PREFIX = "/_local/"
ANSWERS = "cloudformation/"  # where functions of custom resources send their answers
START_SECONDS = 50.0  # seconds; SDKs give up reading after sixty


@dataclass
class Services:
    """What the router sends requests to once the template is deployed."""

    gateway: AnyRegion
    functions: Functions
    jobs: TrainingJobs
    streams: Streams
    direct_puts: DirectPuts
    alarms: Alarms
    flush: Callable[[], int]
    reset: Callable[[], None]
    text_models: TextModels
    console: ConsolePages
    cloudformation: CloudFormation


class Router:
    """The application of the HTTP server.

    Until `open` is called, moto answers the run's own requests, which provision the template. Requests of
    programs wait: moto has a Personalize of its own that would accept them, and its resources would be lost.
    """

    def __init__(
        self,
        moto: MotoApp,
        roles: Roles,
        enforcer: Enforcer,
        terminal: Terminal,
        *,
        access: Access = DEFAULT_ACCESS,
        start_seconds: float = START_SECONDS,
        state: Path | None = None,
    ) -> None:
        """`state` is the directory in which the run keeps its state."""
        self._state = state
        self._moto = moto
        self._roles = roles
        self._enforcer = enforcer
        self._terminal = terminal
        self._access = access
        self._start_seconds = start_seconds
        self._services: Services | None = None
        self._opened = threading.Event()

    def open(self, services: Services) -> None:
        self._services = services
        self._opened.set()

    def __call__(self, request: Request) -> Response:
        try:
            response = self._answer(request)
        except UnknownServiceError:
            response = unknown_service(request)
        except (NotImplementedError, OperationNotFoundError) as error:
            response = unknown_operation(request, error)
        except Exception as error:
            self._terminal.warn(f"{request.method} {request.path}: {error!r}\n{traceback.format_exc()}")
            response = Response.of_json(500, {"__type": "InternalFailure", "message": repr(error)})
        if response.header("x-amzn-requestid") is None:
            response.headers.append(("x-amzn-RequestId", str(uuid.uuid4())))
        self._terminal.detail("http", f"{request.method} {request.target[:120]} {response.status}")
        return response

    def _answer(self, request: Request) -> Response:
        serves_api = self._services is not None and self._services.gateway.serves(request)
        refusal = self._access.refusal(request, serves_api=serves_api)
        if refusal is not None:
            return refusal
        if request.path == LOCALSTACK_PATH:
            return localstack_health(ready=self._services is not None)
        if request.path.startswith(CONTROL_PREFIX):
            return self._control(request, self._services)
        own = OWN_AGENT in request.headers.get("user-agent", "")
        if not own and not self._opened.wait(self._start_seconds):
            message = "The local run is starting; it prints a line that begins with 'ready'."
            return Response.of_json(503, {"__type": "ServiceUnavailable", "message": message})
        services = self._services
        if services is not None and ConsolePages.serves(request):
            return services.console(request)
        if services is not None and services.gateway.serves(request):
            return services.gateway(request)
        request = request.uncompressed()
        called = operation(request)
        denial = self._enforcer.denial(request, called)
        if denial is not None:
            return denial
        if services is None or called is None:
            return self._moto(request)
        if is_invoke(request):
            return serve_invoke(services.functions, request)
        if called.service == "sagemaker":
            return services.jobs.serve(called.name, request, self._moto)
        return self._aws(request, called, services)

    def _aws(self, request: Request, called: Operation, services: Services) -> Response:
        if is_simulation(called):
            return simulate(called, request, self._roles)
        if services.direct_puts.serves(called):
            return services.direct_puts(called, request)
        if services.cloudformation.serves(called, request):
            return services.cloudformation(called, request)
        if called.service == "bedrock":
            return services.text_models.serve(request, called)
        if called.service == "states" and called.name == "StartExecution":
            request = _named(request)
        if called.service == "monitoring" and called.name == "SetAlarmState":
            before = services.alarms.states()
            response = self._moto(request)
            services.alarms.act_on_changes(before)
            return response
        response = self._moto(request)
        if called.service == "kinesis" and called.name in ("PutRecord", "PutRecords"):
            stream = request.json.get("StreamName") or request.json.get("StreamARN", "")
            services.streams.notify(stream.rsplit("/", 1)[-1])
        return response

    def _control(self, request: Request, services: Services | None) -> Response:
        name = request.path.removeprefix(CONTROL_PREFIX)
        if name == "health":
            return health(ready=services is not None, state=self._state)
        if name == "flush" and request.method == "POST" and services is not None:
            return Response.of_json(200, {"records": services.flush()})
        if name == "reset" and request.method == "POST" and services is not None:
            try:
                services.reset()
            except RuntimeError as error:
                return Response.of_json(409, {"message": str(error)})
            return Response.of_json(200, {"status": "reset"})
        if name.startswith(ANSWERS) and request.method == "PUT" and services is not None:
            return services.cloudformation.take_answer(name.removeprefix(ANSWERS), request.body)
        if name == "text-models" and services is not None:
            return services.text_models.control(request)
        return Response.of_json(
            404,
            {"message": f"{CONTROL_PREFIX} has GET health, POST flush and reset, GET and POST text-models"},
        )


def _named(request: Request) -> Request:
    """StartExecution without a name gets one, as on AWS; moto would call every such execution "None"."""
    if request.json.get("name"):
        return request
    body = json.dumps(request.json | {"name": str(uuid.uuid4())}).encode()
    return Request(request.method, request.target, request.headers, body, request.client, request.raw_headers)

"""moto's WSGI application, called in this process."""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from moto.core.config import default_user_config
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local.http.messages import Request, Response
from local.http.unknown import UnknownServiceError, is_unknown_path, unknown_operation

Recorder = Callable[[Request, Callable[[Request], Response]], Response]

# moto checks a condition and writes in two steps, without a lock: two conditional writes at once could both
# succeed. Threads gain nothing here (one interpreter), so calls of these services take turns.
ONE_AT_A_TIME = ("dynamodb", "kinesis")


class _Dispatcher(DomainDispatcherApplication):
    """moto's dispatcher, which names a service that it does not have."""

    def get_backend_for_host(self, host: str | None) -> Any:
        """The backend of a host. Raises UnknownServiceError; moto fails with an AttributeError."""
        known = any(pattern.match(f"http://{host}") for _, pattern in self.backend_url_patterns)
        if host is not None and "amazonaws.com" in host and not known:
            raise UnknownServiceError(host)
        return super().get_backend_for_host(host)


class MotoApp:
    """Answers any AWS request from moto's memory."""

    def __init__(self, port: int) -> None:
        """Configure moto for this process: no Docker, running state machines, AWS's managed policies."""
        default_user_config["lambda"] = {"use_docker": False}
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        default_user_config["iam"] = {"load_aws_managed_policies": True}
        logging.getLogger("moto").setLevel(logging.ERROR)
        logging.getLogger("moto.stepfunctions").setLevel(
            logging.CRITICAL
        )  # an execution that fails is no error
        self._application = _Dispatcher(create_backend_app)
        self._port = port
        self._locks = {service: threading.Lock() for service in ONE_AT_A_TIME}
        self._recorder: Recorder | None = None

    def record(self, recorder: Recorder) -> None:
        """Let `recorder` answer each request from now on, with the function that it gets."""
        self._recorder = recorder

    def __call__(self, request: Request) -> Response:
        service = request.credential[2] if request.credential else ""
        with self._locks.get(service) or nullcontext():
            return self.answer(request) if self._recorder is None else self._recorder(request, self.answer)

    def answer(self, request: Request) -> Response:
        """Answer a request from moto's memory, without a record of it."""
        answer: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answer["status"], answer["headers"] = int(status.split()[0]), headers

        chunks = self._application(self._environ(request), start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        response = Response(answer["status"], answer["headers"], body)
        if request.credential is not None and is_unknown_path(response):
            return unknown_operation(request, f"{request.method} {request.path}")
        return response

    def _environ(self, request: Request) -> dict[str, Any]:
        environ: dict[str, Any] = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self._port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": request.client,
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": request.path.encode().decode("latin-1"),
            "QUERY_STRING": request.query,
            "REQUEST_URI": request.target,
            "RAW_URI": request.target,
        }
        spelled: dict[
            str, str
        ] = {}  # S3 metadata names may hold underscores, which WSGI cannot tell from dashes
        for name, value in request.raw_headers:
            if name.lower() == "transfer-encoding":
                continue
            key = environ_key_for_header(name)
            if "_" in name:
                if not should_preserve_original_header_name(name):
                    continue
                spelled.setdefault(key, name)
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = spelled
        environ["CONTENT_LENGTH"] = str(len(request.body))
        environ.setdefault("HTTP_HOST", f"127.0.0.1:{self._port}")
        return environ

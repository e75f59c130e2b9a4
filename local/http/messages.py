"""Requests and responses of the services behind the HTTP server."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote


class Headers(dict[str, str]):
    """Header fields by lower-case name. Repeated fields are joined by commas, as in API Gateway."""

    def add(self, name: str, value: str) -> None:
        name = name.lower()
        self[name] = f"{self[name]},{value}" if name in self else value


@dataclass
class Request:
    """One HTTP request with its whole body."""

    method: str
    target: str  # the request line's path and query, still percent-encoded
    headers: Headers
    body: bytes = b""
    client: str = "127.0.0.1"
    raw_headers: list[tuple[str, str]] = field(default_factory=list)

    @cached_property
    def raw_path(self) -> str:
        return self.target.partition("?")[0]

    @cached_property
    def path(self) -> str:
        return unquote(self.raw_path)

    @cached_property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Query parameters. Values of a repeated parameter are joined by commas."""
        found: dict[str, str] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            found[name] = f"{found[name]},{value}" if name in found else value
        return found

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; {} if it is not one."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @cached_property
    def form(self) -> dict[str, str]:
        """The body as a form (the query protocol of STS, IAM, SQS)."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def credential(self) -> tuple[str, str, str] | None:
        """Access key, region and service of a signature, in the header or the query; None without one."""
        authorization = self.headers.get("authorization", "")
        signed = authorization.partition("Credential=")[2].partition(",")[0].strip()
        scope = (signed or self.parameters.get("X-Amz-Credential", "")).split("/")
        return (scope[0], scope[2], scope[3].lower()) if len(scope) == 5 else None

    def uncompressed(self) -> Request:
        """The request with its body as it was before the client compressed it.

        SDKs compress the bodies of some operations above 10 KB, PutMetricData among them. An object of S3
        keeps its encoding, and a body that is not what its header says stays as it is.
        """
        credential = self.credential
        encoding = self.headers.get("content-encoding")
        if encoding != "gzip" or credential is None or credential[2] == "s3":
            return self
        try:
            body = gzip.decompress(self.body)
        except (OSError, EOFError, zlib.error):
            return self
        headers = Headers({name: value for name, value in self.headers.items() if name != "content-encoding"})
        raw = [(name, value) for name, value in self.raw_headers if name.lower() != "content-encoding"]
        return Request(self.method, self.target, headers, body, self.client, raw)


@dataclass
class Response:
    """One HTTP response. The server adds `Content-Length`."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def of_json(cls, status: int, value: object, **headers: str) -> Response:
        fields = [("Content-Type", "application/json")]
        fields += [(name.replace("_", "-"), text) for name, text in headers.items()]
        return cls(status, fields, json.dumps(value).encode())

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

"""A connection to an OpenSearch domain or serverless collection. The function signs the requests."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from tastemaker.search.errors import BackendError, BackendTimeoutError, TooLargeError, UnavailableError
from tastemaker.search.service.http import HttpRequest, HttpResponse

CONNECT_SECONDS = 2.0
READ_SECONDS = 25.0
"""The API gives up after 30 seconds."""
CHUNK_BYTES = 1 << 16
MAX_RESPONSE_BYTES = 4_000_000
"""Lambda returns at most 6 MB, and a body that is not text grows by a third."""
# Headers that belong to a connection, to the signature of the client, or to API Gateway.
_NOT_SENT = (
    *("authorization", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization"),
    *("te", "trailer", "transfer-encoding", "upgrade", "via", "forwarded", "cookie"),
)
_NOT_RETURNED = (
    "connection",
    "content-length",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
    "server",
    "date",
)


class SignedServer:
    """The `Server` of the API. `service` is `es` for a domain and `aoss` for a serverless collection."""

    def __init__(
        self,
        endpoint: str,
        service: str,
        region: str,
        credentials: Any,
        *,
        read_seconds: float = READ_SECONDS,
        max_bytes: int = MAX_RESPONSE_BYTES,
    ) -> None:
        """`credentials` returns botocore's credentials."""
        self._endpoint, self._service, self._region = endpoint.rstrip("/"), service, region
        self._credentials, self._max_bytes = credentials, max_bytes
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds), retries=False
        )

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and read its response in pieces, up to the largest size.

        Nothing is repeated: a request that may have had an effect must not have it twice.
        """
        url = f"{self._endpoint}{quote(request.path, safe='/*,:@<>+-_.~')}"
        if request.query:
            url += f"?{urlencode(request.query, quote_via=quote)}"
        signed = self._signed(request, url)
        try:
            answer = self._pool.request(
                request.method,
                url,
                body=request.body or None,
                headers=signed,
                preload_content=False,
                decode_content=False,
                redirect=False,
            )
            try:
                body = self._read(answer, request)
            finally:
                answer.release_conn()
        except (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError) as error:
            raise UnavailableError(f"The OpenSearch server cannot be reached: {_reason(error)}") from None
        except urllib3.exceptions.TimeoutError:
            raise BackendTimeoutError(
                f"The OpenSearch server did not answer {request.method} {request.path} in time."
            ) from None
        except urllib3.exceptions.HTTPError as error:
            raise BackendError(f"The connection to the OpenSearch server broke: {_reason(error)}") from None
        headers = {
            name.lower(): value for name, value in answer.headers.items() if name.lower() not in _NOT_RETURNED
        }
        return HttpResponse(answer.status, body, headers)

    def _signed(self, request: HttpRequest, url: str) -> Mapping[str, str]:
        kept = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in _NOT_SENT
            and not name.lower().startswith(("x-amz", "x-forwarded", "x-amzn"))
        }
        # A serverless collection demands the digest; a domain accepts it.
        digest = hashlib.sha256(request.body).hexdigest()
        unsigned = AWSRequest(
            request.method, url, data=request.body, headers={"x-amz-content-sha256": digest}
        )
        SigV4Auth(self._credentials(), self._service, self._region).add_auth(unsigned)
        return {"accept-encoding": "identity", **kept, **dict(unsigned.headers.items())}

    def _read(self, answer: Any, request: HttpRequest) -> bytes:
        pieces, size = [], 0
        for piece in answer.stream(CHUNK_BYTES, decode_content=False):
            size += len(piece)
            if size > self._max_bytes:
                answer.close()
                raise TooLargeError(
                    f"The response to {request.method} {request.path} has more than {self._max_bytes:,} "
                    "bytes. Ask for a smaller [size] or fewer members of [_source], or send the request to "
                    "the OpenSearch server itself."
                )
            pieces.append(piece)
        return b"".join(pieces)


def _reason(error: Exception) -> str:
    return type(error).__name__

"""Errors in OpenSearch's format.

It is that of a server: `{"error": {"root_cause": [...], "type": ..., "reason": ...}, "status": 400}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class SearchError(Exception):
    """A request that cannot be answered. `details` are further members of the error."""

    status = 500
    type = "exception"

    def __init__(self, reason: str, **details: Any) -> None:
        super().__init__(reason)
        self.reason, self.details = reason, details

    def cause(self) -> dict[str, Any]:
        """The members that describe the error."""
        return {"type": self.type, "reason": self.reason, **self.details}

    def body(self) -> dict[str, Any]:
        """The body of the response."""
        return {"error": {"root_cause": [self.cause()], **self.cause()}, "status": self.status}


class ParsingError(SearchError):
    """The body of a search request is not valid."""

    status, type = 400, "parsing_exception"


class ConfigurationError(SearchError):
    """A processor of a search pipeline, or what a request gives to it, is not valid."""

    status, type = 400, "parse_exception"

    @classmethod
    def of(cls, processor: str, tag: str | None, member: str, reason: str) -> ConfigurationError:
        """The error of a processor's property, as OpenSearch's configuration of processors reports it."""
        details: Mapping[str, Any] = {
            "processor_type": processor,
            **({"processor_tag": tag} if tag else {}),
            "property_name": member,
        }
        return cls(f"[{member}] {reason}", **details)


class InvalidArgumentError(SearchError):
    """A value that the API does not accept."""

    status, type = 400, "illegal_argument_exception"


class UnsupportedError(InvalidArgumentError):
    """A feature of OpenSearch that the embedded index does not have. The reason names it."""


class IndexNotFoundError(SearchError):
    """No index has this name."""

    status, type = 404, "index_not_found_exception"

    def __init__(self, index: str) -> None:
        super().__init__(
            f"no such index [{index}]",
            index=index,
            **{"resource.id": index, "resource.type": "index_or_alias"},
        )


class ResourceMissingError(SearchError):
    """No pipeline has this name."""

    status, type = 404, "resource_not_found_exception"


class AlreadyExistsError(SearchError):
    """An index of this name exists."""

    status, type = 400, "resource_already_exists_exception"


class ForbiddenError(SearchError):
    """The caller's policies do not allow the request."""

    status, type = 403, "security_exception"


class TooLargeError(SearchError):
    """A request or a response that does not fit through the endpoint."""

    status, type = 413, "content_too_long_exception"


class UnavailableError(SearchError):
    """Something that the endpoint needs does not answer."""

    status, type = 503, "service_unavailable_exception"


class ServerError(SearchError):
    """An error of the OpenSearch server behind the endpoint, which the client gets as it is."""

    def __init__(self, status: int, answer: Any) -> None:
        error = answer.get("error") if isinstance(answer, Mapping) else None
        reason = error.get("reason") if isinstance(error, Mapping) else error
        super().__init__(str(reason or answer))
        self.status, self._answer = status, answer

    def body(self) -> dict[str, Any]:
        return dict(self._answer) if isinstance(self._answer, Mapping) else super().body()


class BackendTimeoutError(SearchError):
    """The OpenSearch server behind the endpoint did not answer in time."""

    status, type = 504, "timeout_exception"


class BackendError(SearchError):
    """The OpenSearch server behind the endpoint did not give a complete answer."""

    status, type = 502, "bad_gateway_exception"

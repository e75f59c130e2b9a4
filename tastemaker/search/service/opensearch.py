"""The backend with a cluster: an OpenSearch domain or serverless collection."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Protocol

from tastemaker.search.errors import BackendError, SearchError, ServerError
from tastemaker.search.pipelines.definition import NONE
from tastemaker.search.service.backend import Search
from tastemaker.search.service.definitions import Definition, Definitions
from tastemaker.search.service.http import HttpRequest, HttpResponse, json_bytes, json_object
from tastemaker.search.service.settings import DEFAULT_PIPELINE

SECTIONS = ("request_processors", "response_processors", "phase_results_processors")
_DEFAULT_NAMES = (DEFAULT_PIPELINE, "search.default_pipeline")
JSON_HEADERS = {"content-type": "application/json", "accept-encoding": "identity"}
MAX_REQUESTS = 8
"""Requests to the server at the same time."""
LINES_HEADERS = {**JSON_HEADERS, "content-type": "application/x-ndjson"}


class Server(Protocol):
    """A connection to an OpenSearch server, with signed requests."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request. Raises SearchError if there is no complete response."""
        ...


class OpenSearchBackend:
    """Passes requests on. Pipelines with our processor, and indexes' defaults to them, are stored here."""

    passes_on = True

    def __init__(self, server: Server, definitions: Definitions) -> None:
        self._server, self._definitions = server, definitions

    def search(self, search: Search) -> dict[str, Any]:
        path = "/_search" if search.index is None else f"/{search.index}/_search"
        query = dict(search.query)
        if search.pipeline is not None:
            query["search_pipeline"] = str(search.pipeline)
        found = self._json(HttpRequest("POST", path, query, JSON_HEADERS, json_bytes(search.body)))
        if "hits" not in (found.get("hits") or {}):
            raise BackendError(f"The OpenSearch server answered {path} without hits.")
        return found

    def search_many(self, searches: Sequence[Search]) -> list[dict[str, Any] | SearchError]:
        """The responses to several searches. Those without pipeline are one request.

        Each of the others is a request of its own: `_msearch` takes a pipeline only since OpenSearch 2.18
        (pull request 15923), and `_search` has a parameter for it since 2.7.
        """
        together = iter(self._search_together([one for one in searches if one.pipeline is None]))
        named = [one for one in searches if one.pipeline is not None]
        with ThreadPoolExecutor(MAX_REQUESTS) as pool:
            alone = iter(list(pool.map(self._search_alone, named)))
        return [next(together if one.pipeline is None else alone) for one in searches]

    def _search_alone(self, search: Search) -> dict[str, Any] | SearchError:
        # A header has values of JSON, and a URL has texts.
        query = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in search.query.items()
        }
        try:
            return self.search(replace(search, query=query))
        except SearchError as error:
            return error

    def _search_together(self, searches: Sequence[Search]) -> list[dict[str, Any] | SearchError]:
        if not searches:
            return []
        lines = []
        for one in searches:
            header = {**one.query, **({} if one.index is None else {"index": one.index})}
            lines += [json_bytes(header), json_bytes(one.body)]
        data = b"\n".join(lines) + b"\n"
        answer = self._json(HttpRequest("POST", "/_msearch", {}, LINES_HEADERS, data))
        responses = answer.get("responses")
        if not isinstance(responses, list) or len(responses) != len(searches):
            raise BackendError(f"The OpenSearch server did not answer each of the {len(searches)} searches.")
        return [ServerError(int(one.get("status", 500)), one) if "error" in one else one for one in responses]

    def handle(self, request: HttpRequest) -> HttpResponse:
        parts = request.parts
        if request.method == "PUT" and len(parts) == 2 and parts[1] == "_settings":
            return self._put_settings(request, parts[0])
        if len(parts) == 1 and not parts[0].startswith("_"):
            if request.method == "PUT":
                return self._put_settings(request, parts[0])
            if request.method == "DELETE":
                return self._delete_index(request, parts[0])
        return self._server.send(request)

    def pipelines(self, name: str | None) -> Mapping[str, Any]:
        path = "/_search/pipeline" if name is None else f"/_search/pipeline/{name}"
        try:
            found = self._json(HttpRequest("GET", path, {}, JSON_HEADERS))
        except ServerError as error:
            if error.status != 404:
                raise
            return {}
        return {one: body for one, body in found.items() if isinstance(body, Mapping)}

    def put_pipeline(self, name: str, rest: Mapping[str, Any]) -> None:
        if any(rest.get(section) for section in SECTIONS):
            path = f"/_search/pipeline/{name}"
            self._json(HttpRequest("PUT", path, {}, JSON_HEADERS, json_bytes(rest)))
        elif name:
            self.delete_pipeline(name)  # an earlier definition may have had other processors

    def delete_pipeline(self, name: str) -> bool:
        try:
            self._json(HttpRequest("DELETE", f"/_search/pipeline/{name}", {}, JSON_HEADERS))
        except ServerError as error:
            if error.status != 404:
                raise
            return False
        return True

    def default_pipeline(self, index: str) -> str | None:
        settings = (self._definitions.get(Definition.INDEX, index) or {}).get("settings") or {}
        return settings.get(DEFAULT_PIPELINE)

    def _put_settings(self, request: HttpRequest, index: str) -> HttpResponse:
        """Store a default pipeline that has our processor here, and pass on the other settings.

        The request changes the settings of an index, or creates one.
        """
        creates = len(request.parts) == 1
        settings = json_object(request.json())
        named, rest = _without_default(settings)
        ours = named is not None and self._definitions.get(Definition.PIPELINE, named) is not None
        if not ours:
            if creates or named is not None or _names_default(settings):
                self._delete_defaults(index)
            return self._server.send(request)
        response = HttpResponse.of({"acknowledged": True})
        if rest or creates:
            response = self._server.send(
                HttpRequest("PUT", request.path, request.query, JSON_HEADERS, json_bytes(rest))
            )
            if response.status >= 400:
                return response
        for one in index.split(","):
            self._definitions.put(Definition.INDEX, one, {"settings": {DEFAULT_PIPELINE: named}})
        return response

    def _delete_index(self, request: HttpRequest, index: str) -> HttpResponse:
        """Delete an index with its default pipeline: the next index of this name does not have it."""
        response = self._server.send(request)
        if response.status < 400:
            self._delete_defaults(index)
        return response

    def _delete_defaults(self, index: str) -> None:
        patterns = ["*" if one == "_all" else one for one in index.split(",")]
        for name in list(self._definitions.all(Definition.INDEX)):
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                self._definitions.delete(Definition.INDEX, name)

    def _json(self, request: HttpRequest) -> dict[str, Any]:
        """The JSON of a response. Raises ServerError for an error, and BackendError for no JSON."""
        response = self._server.send(request)
        try:
            value = json.loads(response.body)
        except ValueError:
            raise BackendError(
                f"The OpenSearch server answered {request.method} {request.path} with status "
                f"{response.status} and a body that is not complete JSON."
            ) from None
        if response.status >= 400:
            raise ServerError(response.status, value)
        if not isinstance(value, dict):
            raise BackendError(f"The OpenSearch server answered {request.path} with no JSON object.")
        return value


def _names_default(settings: Mapping[str, Any]) -> bool:
    """Whether settings name a default pipeline, `null` included."""
    return "default_pipeline" in json.dumps(settings)


def _without_default(settings: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The default pipeline in settings, nested or with dots, and the other settings."""
    found: str | None = None
    rest: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and name in ("settings", "index", "search", "index.search"):
            inner, others = _without_default(value)
            found = inner or found
            if others:
                rest[name] = others
        elif name in (*_DEFAULT_NAMES, "default_pipeline") and isinstance(value, str) and value != NONE:
            found = value
        else:
            rest[name] = value
    return found, rest

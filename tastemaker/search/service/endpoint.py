"""The API's endpoint: pipelines are handled here, and everything else by the backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from tastemaker.search.errors import InvalidArgumentError, ResourceMissingError, SearchError, UnsupportedError
from tastemaker.search.pipelines.definition import NONE, Pipeline, read_pipeline
from tastemaker.search.pipelines.options import TYPE, RankingOptions
from tastemaker.search.pipelines.processor import Processor
from tastemaker.search.queries.reading import Members
from tastemaker.search.results.request import page_of
from tastemaker.search.service.backend import Backend, Search
from tastemaker.search.service.definitions import Definition, Definitions
from tastemaker.search.service.http import (
    HttpRequest,
    HttpResponse,
    Parameters,
    json_lines,
    json_object,
)
from tastemaker.search.service.permit import Permit, PermitAll

# Parameters that only say where or how a server searches.
_ADVICE = (
    *("allow_no_indices", "allow_partial_search_results", "batched_reduce_size", "ccs_minimize_roundtrips"),
    *("expand_wildcards", "ignore_throttled", "ignore_unavailable", "max_concurrent_shard_requests"),
    *("pre_filter_shard_size", "preference", "request_cache", "routing", "search_type", "timeout"),
    *("max_concurrent_searches", "cancel_after_time_interval", "phase_took"),
)
_BODY_PARAMETERS = ("from", "size", "track_total_hits", "track_scores", "version", "sort", "_source")
MAX_SEARCHES = 100
MAX_HITS = 10_000
"""OpenSearch's `index.max_result_window`, if it was not changed."""
PERMIT_ALL = PermitAll()


@dataclass(frozen=True)
class _Planned:
    """A search, the processor that follows it, and the page that the client wants."""

    search: Search
    ranking: RankingOptions | None
    body: Mapping[str, Any]
    start: int = 0
    size: int = 0


class SearchEndpoint:
    """Answers requests of OpenSearch clients."""

    def __init__(self, definitions: Definitions, backend: Backend, processor: Processor) -> None:
        self._definitions, self._backend, self._processor = definitions, backend, processor

    def handle(self, request: HttpRequest, permit: Permit = PERMIT_ALL) -> HttpResponse:
        """The response to a request. Never raises SearchError."""
        try:
            if any(part in (".", "..") for part in request.parts):
                # HTTP clients resolve them after the permission for the path was checked.
                raise InvalidArgumentError(f"The path {request.path} has the segment . or ..")
            permit.request(request)
            response = self._handle(request, permit)
        except SearchError as error:
            response = HttpResponse.of_error(error)
        if request.method == "HEAD":
            return HttpResponse(response.status, b"", response.headers)
        return response

    def _handle(self, request: HttpRequest, permit: Permit) -> HttpResponse:
        parts, method = request.parts, request.method
        if parts[:2] == ["_search", "pipeline"] and len(parts) <= 3:
            return self._pipelines(request, parts[2] if len(parts) == 3 else None)
        action, index = (parts[-1], parts[0] if len(parts) == 2 else None) if parts else ("", None)
        if action == "_search" and len(parts) <= 2 and method in ("GET", "POST"):
            return self._search(request, index, permit)
        if action == "_msearch" and len(parts) <= 2 and method in ("GET", "POST"):
            return self._search_many(request, index, permit)
        return self._backend.handle(request)

    # --- Pipelines ---

    def _pipelines(self, request: HttpRequest, name: str | None) -> HttpResponse:
        Parameters(request, ("cluster_manager_timeout", "master_timeout", "timeout")).end()
        if request.method == "GET":
            return self._get_pipelines(name)
        if name is None or request.method not in ("PUT", "DELETE"):
            raise UnsupportedError(
                f"{request.method} {request.path} is not an operation of search pipelines."
            )
        if request.method == "PUT":
            body = json_object(request.json())
            self._backend.put_pipeline(name, read_pipeline(name, body).rest)
            self._definitions.put(Definition.PIPELINE, name, body)
        else:
            is_ours = self._definitions.delete(Definition.PIPELINE, name)
            if not self._backend.delete_pipeline(name) and not is_ours:
                raise ResourceMissingError(f"pipeline [{name}] is missing")
        return HttpResponse.of({"acknowledged": True})

    def _get_pipelines(self, name: str | None) -> HttpResponse:
        """Pipelines with our processor as they were created, and those of the backend."""
        ours = self._definitions.all(Definition.PIPELINE)
        is_all = name is None or name in ("*", "_all")
        if not is_all:
            patterns = str(name).split(",")
            ours = {
                one: body for one, body in ours.items() if any(fnmatchcase(one, some) for some in patterns)
            }
        found = {**self._backend.pipelines(None if is_all else name), **ours}
        return HttpResponse.of(found, 200 if found or is_all else 404)

    def _pipeline(
        self, search: Search, named: Any
    ) -> tuple[RankingOptions | None, str | Mapping[str, Any] | None]:
        """The processor of a search, and the pipeline that the backend performs."""
        if isinstance(named, Mapping):
            return self._inline(named)
        if named is None and search.index is not None:
            named = self._backend.default_pipeline(search.index)
        if named is None or named == NONE:
            return None, named
        body = self._definitions.get(Definition.PIPELINE, str(named))
        if body is None:
            return None, str(named)
        found: Pipeline = read_pipeline(str(named), body)
        return found.ranking, str(named) if found.has_rest else NONE

    def _inline(
        self, definition: Mapping[str, Any]
    ) -> tuple[RankingOptions | None, Mapping[str, Any] | None]:
        """The processor of a pipeline that is defined in the request, and what the backend performs."""
        pipeline = read_pipeline("inline", definition)
        if not self._backend.passes_on:
            return pipeline.ranking, pipeline.rest if pipeline.has_rest else None
        if pipeline.has_rest and pipeline.ranking is not None:
            raise InvalidArgumentError(
                f"A pipeline in a request cannot have {TYPE} and other processors; create one with a name."
            )
        return pipeline.ranking, None

    # --- Searches ---

    def _search(self, request: HttpRequest, index: str | None, permit: Permit) -> HttpResponse:
        if self._backend.passes_on:
            return self._search_server(request, index, permit)
        parameters = Parameters(request, _ADVICE)
        as_int = parameters.flag("rest_total_hits_as_int")
        named = parameters.take("search_pipeline")
        body = {**json_object(request.json()), **_from_parameters(parameters)}
        _refuse_parameters(parameters)
        parameters.end()
        planned = self._plan(index, body, named, permit)
        response = self._finish(planned, self._backend.search(planned.search))
        return HttpResponse.of(_with_plain_total(response) if as_int else response)

    def _search_server(self, request: HttpRequest, index: str | None, permit: Permit) -> HttpResponse:
        """Search a server: with its own parameters, and as it is unless a processor of ours follows."""
        query = dict(request.query)
        named = query.pop("search_pipeline", None)
        body = json_object(request.json())
        for name in ("from", "size"):
            if name in query:
                body[name] = query.pop(name)
        planned = self._plan(index, body, named, permit, query)
        if planned.ranking is None and planned.search.pipeline == named:
            return self._backend.handle(request)
        return HttpResponse.of(self._finish(planned, self._backend.search(planned.search)))

    def _search_many(self, request: HttpRequest, index: str | None, permit: Permit) -> HttpResponse:
        named = request.query.get("search_pipeline")
        as_int = self._parameters_of_many(request)
        planned: list[_Planned | SearchError] = []
        for header, body in _searches(request.body):
            try:
                planned.append(self._plan_one(header, body, index, named, permit))
            except SearchError as error:
                planned.append(error)
        if self._backend.passes_on and not any(
            isinstance(one, SearchError) or one.ranking is not None for one in planned
        ):
            # A server takes an empty line for an empty header, so that other searches would be sent.
            content = b"".join(line + b"\n" for line in request.body.splitlines() if line.strip())
            return self._backend.handle(replace(request, body=content))
        answers = iter(
            self._backend.search_many([one.search for one in planned if isinstance(one, _Planned)])
        )
        responses = []
        for one in planned:
            try:
                answer = one if isinstance(one, SearchError) else next(answers)
                if isinstance(answer, SearchError):
                    raise answer
                assert isinstance(one, _Planned)
                found = self._finish(one, answer)
                responses.append({**(_with_plain_total(found) if as_int else found), "status": 200})
            except SearchError as error:
                responses.append(error.body())
        took = max((one.get("took", 0) for one in responses), default=0)
        return HttpResponse.of({"took": took, "responses": responses})

    def _parameters_of_many(self, request: HttpRequest) -> bool:
        """Check the parameters of _msearch. Returns whether totals are plain numbers."""
        if self._backend.passes_on:
            if "index" in request.query:
                raise InvalidArgumentError("Name the index in the path or in the headers of the searches")
            return False
        parameters = Parameters(request, _ADVICE)
        as_int = parameters.flag("rest_total_hits_as_int")
        parameters.take("search_pipeline")
        _refuse_parameters(parameters)
        parameters.end()
        return as_int

    def _plan_one(
        self, header: Any, body: Any, index: str | None, named: str | None, permit: Permit
    ) -> _Planned:
        """One search of _msearch. `index` is that of the path, and `named` the pipeline of the request."""
        members = Members("header", header)
        target = members.take("index", index)
        if isinstance(target, list):
            target = ",".join(map(str, target))
        if self._backend.passes_on and "indices" in header:
            raise InvalidArgumentError("Name the index of a search as [index] in place of [indices]")
        if target is not None and target != index:
            permit.index(target)
        elif target is None and self._backend.passes_on:
            permit.index("_all")
        pipeline = members.take("search_pipeline", named)
        if not self._backend.passes_on:
            members.ignore(*_ADVICE)
            members.end()
        return self._plan(target, json_object(body), pipeline, permit, members.rest())

    def _plan(
        self,
        index: str | None,
        body: dict[str, Any],
        named: str | None,
        permit: Permit,
        query: Mapping[str, Any] | None = None,
    ) -> _Planned:
        search = Search(index, body)
        named_in_body = body.pop("search_pipeline", None)
        ranking, passed_on = self._pipeline(search, named if named is not None else named_in_body)
        if ranking is None:
            return _Planned(Search(index, body, passed_on, query or {}), None, body)
        permit.ranking(ranking)
        start, size = page_of(Members("search", {one: body[one] for one in ("from", "size") if one in body}))
        wanted = {name: value for name, value in body.items() if name != "ext"}
        if ranking.window is not None:
            wanted = {**wanted, "from": 0, "size": _needed(ranking, start + size)}
        return _Planned(Search(index, wanted, passed_on, query or {}), ranking, body, start, size)

    def _finish(self, planned: _Planned, response: dict[str, Any]) -> dict[str, Any]:
        if planned.ranking is None:
            return response
        return self._processor.process(
            planned.ranking, planned.body, response, planned.start, planned.size, planned.search.index
        )


def _needed(ranking: RankingOptions, end: int) -> int:
    """How many hits a page that ends at `end` needs with a window.

    A filter may exclude hits of the window, at most all. So many more come after it in their place; otherwise
    they would be on no page. A server returns at most `MAX_HITS`.
    """
    window = ranking.window or 0
    excluded = window if ranking.filter_arn is not None else 0
    return max(window, end, min(max(window, end) + excluded, MAX_HITS))


def _from_parameters(parameters: Parameters) -> dict[str, Any]:
    """The members of the body that parameters of the URL give. Parameters win."""
    found: dict[str, Any] = {}
    for name in _BODY_PARAMETERS:
        value = parameters.take(name)
        if value is None:
            continue
        if name in ("sort", "_source"):
            found[name] = value.split(",") if value not in ("true", "false") else value
        else:
            found[name] = {"true": True, "false": False}.get(value, value)
    includes, excludes = parameters.take("_source_includes"), parameters.take("_source_excludes")
    if includes or excludes:
        found["_source"] = {
            "includes": includes.split(",") if includes else [],
            "excludes": excludes.split(",") if excludes else [],
        }
    return found


def _searches(body: bytes) -> list[tuple[Any, Any]]:
    """The header and the search of each pair of lines. Raises InvalidArgumentError."""
    lines = list(json_lines(body))
    if len(lines) % 2 or not lines:
        raise InvalidArgumentError("The body of _msearch must have a header and a search in turn, one a line")
    if len(lines) // 2 > MAX_SEARCHES:
        raise InvalidArgumentError(f"_msearch has {len(lines) // 2} searches; it can have {MAX_SEARCHES}")
    return list(zip(lines[::2], lines[1::2], strict=True))


def _refuse_parameters(parameters: Parameters) -> None:
    for name in ("q", "scroll", "filter_path", "typed_keys", "explain", "suggest_field", "docvalue_fields"):
        value = parameters.take(name)
        if value not in (None, "false"):
            raise UnsupportedError(f"The endpoint does not support the parameter [{name}] of searches.")


def _with_plain_total(response: dict[str, Any]) -> dict[str, Any]:
    hits = response["hits"]
    total = hits.get("total")
    plain = total["value"] if isinstance(total, Mapping) else total
    return {**response, "hits": {**hits, "total": plain}}

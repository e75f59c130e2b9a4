"""The backend without a cluster: indexes of the Items datasets.

An index shows a dataset group. `PUT /<index>` names the group in the setting `tastemaker.dataset_group`; an
index that nobody has created shows the group of its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tastemaker.search import engine
from tastemaker.search.analysis.words import located
from tastemaker.search.errors import (
    AlreadyExistsError,
    IndexNotFoundError,
    InvalidArgumentError,
    SearchError,
    UnsupportedError,
)
from tastemaker.search.index.mapping import read_mapping
from tastemaker.search.index.reader import Reader
from tastemaker.search.pipelines.definition import NONE, read_pipeline
from tastemaker.search.queries.context import QueryContext, no_vectors
from tastemaker.search.queries.reading import Members
from tastemaker.search.results.fusing import Fusing, read_fusing
from tastemaker.search.results.source import SourceFilter, document_source
from tastemaker.search.service.backend import Search
from tastemaker.search.service.catalogs import Catalogs, mapping_properties
from tastemaker.search.service.definitions import Definition, Definitions
from tastemaker.search.service.http import HttpRequest, HttpResponse, Parameters, json_object
from tastemaker.search.service.settings import DEFAULT_PIPELINE, GROUP, flat_settings, nested_settings

VERSION = {
    "distribution": "opensearch",
    "number": "2.18.0",
    "build_type": "tastemaker",
    "build_snapshot": False,
    "minimum_wire_compatibility_version": "7.10.0",
    "minimum_index_compatibility_version": "7.0.0",
}
ACKNOWLEDGED = {"acknowledged": True}
_IGNORED = (
    *("cluster_manager_timeout", "master_timeout", "timeout", "wait_for_active_shards", "preserve_existing"),
    *(
        "ignore_unavailable",
        "allow_no_indices",
        "expand_wildcards",
        "flat_settings",
        "include_defaults",
        "local",
    ),
    *("wait_for_status", "level", "v", "h", "s", "realtime", "refresh", "routing", "preference"),
)


class EmbeddedBackend:
    """Answers from the indexes of this process."""

    passes_on = False

    def __init__(self, catalogs: Catalogs, definitions: Definitions) -> None:
        self._catalogs, self._definitions = catalogs, definitions

    def search(self, search: Search) -> dict[str, Any]:
        context = self._context(search.index)
        return engine.search(self._name(search.index), context, search.body, self._fusing(search.pipeline))

    def _fusing(self, pipeline: str | Mapping[str, Any] | None) -> Fusing | None:
        """How a pipeline makes one order of a hybrid query. Raises InvalidArgumentError."""
        if pipeline is None or pipeline == NONE:
            return None
        if isinstance(pipeline, str):
            body = self._definitions.get(Definition.PIPELINE, pipeline)
            if body is None:
                raise InvalidArgumentError(f"Pipeline [{pipeline}] is not defined")
            pipeline = read_pipeline(pipeline, body).rest
        return read_fusing(pipeline)

    def search_many(self, searches: Sequence[Search]) -> list[dict[str, Any] | SearchError]:
        found: list[dict[str, Any] | SearchError] = []
        for one in searches:
            try:
                found.append(self.search(one))
            except SearchError as error:
                found.append(error)
        return found

    def put_pipeline(self, name: str, rest: Mapping[str, Any]) -> None:
        read_fusing(rest)  # which refuses others

    def pipelines(self, name: str | None) -> Mapping[str, Any]:
        return {}

    def delete_pipeline(self, name: str) -> bool:
        return False

    def default_pipeline(self, index: str) -> str | None:
        settings = (self._definitions.get(Definition.INDEX, index) or {}).get("settings") or {}
        return settings.get(DEFAULT_PIPELINE)

    def handle(self, request: HttpRequest) -> HttpResponse:
        parts = request.parts
        method = "GET" if request.method == "HEAD" else request.method
        Parameters(request, _IGNORED).end()
        if not parts:
            return HttpResponse.of(self._info()) if method == "GET" else _refuse(request)
        if parts[0].startswith("_"):
            return self._cluster(request, method, parts)
        index, action = parts[0], "/".join(parts[1:2])
        handlers: dict[tuple[str, str], Callable[[HttpRequest, str], HttpResponse]] = {
            ("GET", ""): self._describe,
            ("PUT", ""): self._create,
            ("DELETE", ""): self._delete,
            ("GET", "_settings"): self._get_settings,
            ("PUT", "_settings"): self._put_settings,
            ("GET", "_mapping"): self._get_mapping,
            ("GET", "_mappings"): self._get_mapping,
            ("GET", "_count"): self._count,
            ("POST", "_count"): self._count,
            ("GET", "_doc"): self._document,
            ("GET", "_source"): self._source,
            ("GET", "_analyze"): self._analyze,
            ("POST", "_analyze"): self._analyze,
            ("POST", "_refresh"): self._refresh,
        }
        found = handlers.get((method, action))
        return _refuse(request) if found is None else found(request, index)

    def _info(self) -> dict[str, Any]:
        return {
            "name": "tastemaker",
            "cluster_name": "tastemaker",
            "cluster_uuid": "tastemaker",
            "version": VERSION,
            "tagline": "The OpenSearch Project: https://opensearch.org/",
        }

    def _cluster(self, request: HttpRequest, method: str, parts: list[str]) -> HttpResponse:
        if method == "GET" and parts[:2] == ["_cluster", "health"]:
            health = {
                "cluster_name": "tastemaker",
                "status": "green",
                "timed_out": False,
                "number_of_nodes": 1,
            }
            return HttpResponse.of(health)
        if method == "GET" and parts[0] in ("_settings", "_mapping"):
            return HttpResponse.of({index: self._about(index)[parts[0][1:]] for index in self._indexes()})
        if method == "GET" and parts[:2] == ["_cat", "indices"]:
            rows = [{"index": index, "health": "green", "status": "open"} for index in self._indexes()]
            return HttpResponse.of(rows)
        return _refuse(request)

    def _indexes(self) -> list[str]:
        names = {*self._definitions.all(Definition.INDEX), *self._catalogs.groups()}
        return sorted(name for name in names if self._reader(name) is not None)

    # --- Indexes ---

    def _definition(self, index: str) -> Mapping[str, Any]:
        return self._definitions.get(Definition.INDEX, index) or {}

    def _group(self, index: str) -> str:
        return str((self._definition(index).get("settings") or {}).get(GROUP, index))

    def _reader(self, index: str) -> Reader | None:
        return self._catalogs.reader(self._group(index))

    def _name(self, index: str | None) -> str:
        if index is None or index in ("_all", "*") or "," in index or "*" in index:
            raise UnsupportedError(
                f"The embedded index searches one index at a time, not [{index or '_all'}]. "
                f"There are: {', '.join(self._indexes()) or 'none'}."
            )
        return index

    def _context(self, index: str | None) -> QueryContext:
        name = self._name(index)
        reader = self._reader(name)
        if reader is None:
            raise IndexNotFoundError(name)
        definition = self._definition(name)
        analysis = nested_settings(definition.get("settings") or {}).get("index", {})
        group = self._group(name)
        mapping = read_mapping(analysis, definition.get("mappings") or {})
        return QueryContext(reader, mapping, lambda: self._catalogs.vectors(group) or no_vectors())

    def _about(self, index: str) -> dict[str, Any]:
        context, definition = self._context(index), self._definition(index)
        given = (definition.get("mappings") or {}).get("properties") or {}
        settings = {
            "index.number_of_shards": "1",
            "index.number_of_replicas": "0",
            "index.provided_name": index,
            GROUP: index,
            **(definition.get("settings") or {}),
        }
        return {
            "aliases": {},
            "mappings": {"properties": mapping_properties(context.reader, given)},
            "settings": nested_settings(settings),
        }

    def _describe(self, request: HttpRequest, index: str) -> HttpResponse:
        return HttpResponse.of({index: self._about(index)})

    def _get_settings(self, request: HttpRequest, index: str) -> HttpResponse:
        return HttpResponse.of({index: {"settings": self._about(index)["settings"]}})

    def _get_mapping(self, request: HttpRequest, index: str) -> HttpResponse:
        return HttpResponse.of({index: {"mappings": self._about(index)["mappings"]}})

    def _create(self, request: HttpRequest, index: str) -> HttpResponse:
        if self._definitions.get(Definition.INDEX, index) is not None:
            raise AlreadyExistsError(f"index [{index}] already exists", index=index)
        if index != index.lower() or index.startswith(("_", "-", "+")) or set(index) & set(' ,"*\\<>|/?#:'):
            raise InvalidArgumentError(
                f"Invalid index name [{index}], must be lowercase without special characters"
            )
        body = json_object(request.json())
        unknown = set(body) - {"settings", "mappings", "aliases"}
        if unknown or body.get("aliases"):
            raise UnsupportedError(f"The embedded index does not have [{min(unknown, default='aliases')}].")
        self._store(
            index,
            {"settings": flat_settings(body.get("settings") or {}), "mappings": body.get("mappings") or {}},
        )
        return HttpResponse.of({**ACKNOWLEDGED, "shards_acknowledged": True, "index": index})

    def _put_settings(self, request: HttpRequest, index: str) -> HttpResponse:
        self._context(index)
        body = json_object(request.json())
        given = flat_settings(body.get("settings", body))
        definition = self._definition(index)
        settings = {**(definition.get("settings") or {}), **given}
        kept = {name: value for name, value in settings.items() if value is not None}
        self._store(index, {**definition, "settings": kept})
        return HttpResponse.of(ACKNOWLEDGED)

    def _store(self, index: str, definition: Mapping[str, Any]) -> None:
        """Store a definition that is valid and whose dataset group exists."""
        settings = definition.get("settings") or {}
        read_mapping(nested_settings(settings).get("index", {}), definition.get("mappings") or {})
        group = str(settings.get(GROUP, index))
        if group not in self._catalogs.groups():
            raise InvalidArgumentError(
                f"The index [{index}] shows the dataset group [{group}], which does not exist. Name one in "
                f"the setting [{GROUP}]: {', '.join(self._catalogs.groups()) or 'there is none yet'}."
            )
        self._definitions.put(Definition.INDEX, index, definition)

    def _delete(self, request: HttpRequest, index: str) -> HttpResponse:
        if not self._definitions.delete(Definition.INDEX, index):
            raise IndexNotFoundError(index)
        return HttpResponse.of(ACKNOWLEDGED)

    def _refresh(self, request: HttpRequest, index: str) -> HttpResponse:
        self._context(index)
        return HttpResponse.of({"_shards": engine.SHARDS})

    # --- Documents ---

    def _count(self, request: HttpRequest, index: str) -> HttpResponse:
        found = engine.count(self._context(index), json_object(request.json()))
        return HttpResponse.of({"count": found, "_shards": engine.SHARDS})

    def _document(self, request: HttpRequest, index: str) -> HttpResponse:
        source = self._found(request, index)
        about = {"_index": index, "_id": request.parts[2] if len(request.parts) > 2 else ""}
        if source is None:
            return HttpResponse.of({**about, "found": False}, 404)
        return HttpResponse.of({**about, "_version": 1, "found": True, "_source": source})

    def _source(self, request: HttpRequest, index: str) -> HttpResponse:
        source = self._found(request, index)
        return HttpResponse.of({} if source is None else source, 404 if source is None else 200)

    def _found(self, request: HttpRequest, index: str) -> dict[str, Any] | None:
        reader = self._context(index).reader
        document = reader.document_of(request.parts[2]) if len(request.parts) == 3 else -1
        return None if document < 0 else document_source(reader, document, SourceFilter())

    def _analyze(self, request: HttpRequest, index: str) -> HttpResponse:
        body, context = json_object(request.json()), self._context(index)
        named = Members("analyze", body).text("analyzer")
        analyzer = context.analyzer(str(body.get("field", "")), named)
        found = []
        texts = body.get("text") or []
        for text in texts if isinstance(texts, list) else [texts]:
            for place, word in enumerate(located(str(text))):
                for token in analyzer.tokens([word.text]):
                    offsets = {"start_offset": word.start, "end_offset": word.end}
                    found.append({"token": token, **offsets, "type": "<ALPHANUM>", "position": place})
        return HttpResponse.of({"tokens": found})


def _refuse(request: HttpRequest) -> HttpResponse:
    raise UnsupportedError(
        f"The embedded index does not have [{request.method} {request.path}]. Its documents come from the "
        "Items dataset: import items, or put them with PutItems. docs/search.md lists what there is."
    )

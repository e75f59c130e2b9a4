"""The documents of a dataset group: the bundle that serves, and the items upserted since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tastemaker.contracts.lake_layout import REFRESHED_SEARCH_FOLDER, SEARCH_FOLDER
from tastemaker.ids import open_array
from tastemaker.models import Bundle
from tastemaker.search.errors import UnavailableError
from tastemaker.search.index.mapping import FIELD_TYPES
from tastemaker.search.index.reader import Reader
from tastemaker.search.index.segment import MANIFEST, Segment
from tastemaker.search.index.upserted import UpsertedPart, UpsertedParts
from tastemaker.search.vectors.lsa import NAME as LSA
from tastemaker.search.vectors.lsa import LsaEncoder
from tastemaker.search.vectors.text_vectors import QueryEncoder, TextVectors
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.loaded import LoadedBundle
from tastemaker.serving.runtime import Runtime
from tastemaker.serving.upserts import UpsertedItems

EncoderOf = Callable[[Bundle], QueryEncoder]
"""Finds what encodes queries for the vectors of a bundle. Raises SearchError if there is nothing."""


def encoder_name(bundle: Bundle) -> str:
    """The model that made the vectors of a bundle."""
    return str((bundle.manifest["model"].get("texts") or {}).get("encoder"))


def built_in_encoder(bundle: Bundle) -> QueryEncoder:
    """The encoder that training has written beside the vectors. Raises UnavailableError without one."""
    name = encoder_name(bundle)
    found = LsaEncoder.open(bundle.path / SEARCH_FOLDER) if name == LSA else None
    if found is None:
        reason = (
            "an earlier release trained it, or the items' texts have no words in common. Fill the columns of "
            "names and texts, and create a new solution version of aws-semantic-similarity."
            if name == LSA
            else "the search function does not have that model. Name training.textModel in the stage, or "
            "train without the package of the sentence model, and create a new solution version."
        )
        raise UnavailableError(f"Queries cannot be encoded for the vectors of {name}: {reason}")
    return found


class Deployments(Protocol):
    """Finds what serves in a dataset group."""

    def of_group(self, group: str) -> Endpoint | None:
        """The newest campaign, recommender or solution version with a model, or None."""
        ...

    def vectors_of_group(self, group: str) -> Endpoint | None:
        """The newest solution version that has vectors of the items' texts, or None."""
        ...

    def groups(self) -> list[str]:
        """The names of all dataset groups."""
        ...


class Catalogs(Protocol):
    """The documents of dataset groups."""

    def reader(self, group: str) -> Reader | None:
        """The index of a group, or None if the group has no model."""
        ...

    def vectors(self, group: str) -> TextVectors | None:
        """The text vectors of a group's items, or None. Raises SearchError if no query can be encoded."""
        ...

    def groups(self) -> list[str]:
        """The names of all dataset groups."""
        ...


@dataclass
class _Open:
    """The index of a bundle, the parts with upserts since, and the reader of both."""

    path: str
    segment: Segment
    parts: UpsertedParts
    upserted: UpsertedItems | None = None
    reader: Reader | None = None

    def read(self, loaded: LoadedBundle, upserted: UpsertedItems | None) -> Reader:
        """The reader with all upserts. They are indexed here as far as no part has them."""
        if self.reader is None or self.upserted is not upserted:
            bundle = loaded.bundle
            upserts = {} if upserted is None else upserted.records
            times = {} if upserted is None else upserted.times
            parts = self.parts.update({item: (record, times[item]) for item, record in upserts.items()})
            whole = (self.segment, bundle.items, bundle.item_columns)
            self.reader = Reader([whole, *(part.triple for part in parts)])
            self.upserted = upserted
        return self.reader


class BundleCatalogs:
    """Catalogs of this process. The index of a bundle opens as a memory map; upserts are indexed here."""

    def __init__(
        self, runtime: Runtime, deployments: Deployments, encoder_of: EncoderOf = built_in_encoder
    ) -> None:
        """`encoder_of` finds what encodes queries for the vectors of a bundle."""
        self._runtime, self._deployments, self._encoder_of = runtime, deployments, encoder_of
        self._open: dict[str, _Open] = {}
        self._vectors: dict[str, tuple[str, TextVectors]] = {}

    def vectors(self, group: str) -> TextVectors | None:
        endpoint = self._deployments.vectors_of_group(group)
        if endpoint is None:
            return None
        known = self._vectors.get(group)
        if known is None or known[0] != endpoint.bundle_uri:
            bundle = self._runtime.bundles.get(endpoint.bundle_uri).bundle
            stored = open_array(bundle.path / "model" / "vectors.npy")
            found = TextVectors(bundle.items, stored, self._encoder_of(bundle))
            known = self._vectors[group] = endpoint.bundle_uri, found
        return known[1]

    def groups(self) -> list[str]:
        return self._deployments.groups()

    def reader(self, group: str) -> Reader | None:
        endpoint = self._deployments.of_group(group)
        if endpoint is None:
            return None
        loaded = self._runtime.bundles.get(endpoint.bundle_uri)
        found = self._open.get(group)
        if found is None or found.path != str(loaded.bundle.path):
            bundle = loaded.bundle
            types = {name: column.column_type for name, column in bundle.item_columns.items()}
            refreshed = UpsertedPart.open(bundle.path / REFRESHED_SEARCH_FOLDER)
            parts = UpsertedParts(types, refreshed)
            found = self._open[group] = _Open(str(bundle.path), _segment(endpoint, loaded), parts)
        catalog = self._runtime.records.storage(endpoint, "ITEMS").catalog
        return found.read(loaded, self._runtime.upserts.items(catalog, loaded))


def _segment(endpoint: Endpoint, loaded: LoadedBundle) -> Segment:
    folder = loaded.bundle.path / SEARCH_FOLDER
    if not (folder / MANIFEST).exists():
        raise UnavailableError(
            f"The model of {endpoint.solution_version_arn} has no search index, because an earlier release "
            "trained it. Create a new solution version."
        )
    return Segment.open(folder)


def mapping_properties(reader: Reader, given: Mapping[str, Any]) -> dict[str, Any]:
    """The member `mappings.properties` of an index: the types of fields, as OpenSearch names them."""
    properties: dict[str, Any] = {"ITEM_ID": {"type": "keyword"}}
    for name in reader.fields:
        column_type = reader.column_type(name) or ""
        properties[name] = {"type": FIELD_TYPES[column_type][0], **given.get(name, {})}
        if column_type == "string":
            properties[name] = {**properties[name], "fields": {"keyword": {"type": "keyword"}}}
    return properties

"""Complete domains: a shop, and a service for videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from constructs import Construct

from tastemaker_cdk.avro import avro
from tastemaker_cdk.data import Dataset, DatasetGroup, EventTracker, Import, Schema, Source
from tastemaker_cdk.models import Recommender

_EVENTS = [
    *({"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID", "EVENT_TYPE")),
    {"name": "TIMESTAMP", "type": "long"},
]
_ITEM = {"name": "ITEM_ID", "type": "string"}


def _category(name: str) -> dict[str, Any]:
    return {"name": name, "type": ["string", "null"], "categorical": True}


class _Domain(Construct):
    """A dataset group of a domain with its datasets, imports, event tracker and recommenders.

    `interactions`, `items` and `users` are files. `schemas` maps a dataset type to Avro text, where the
    default does not fit. `recommenders` are names of recipes; by default those that the data suffice for.
    `schedule` imports the files again, such as `rate(1 day)`.
    """

    domain: ClassVar[str]
    items_schema: ClassVar[list[Any]]
    by_interactions: ClassVar[tuple[str, ...]]
    by_items: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        interactions: Source,
        items: Source | None = None,
        users: Source | None = None,
        schemas: Mapping[str, str] | None = None,
        recommenders: Sequence[str] | None = None,
        schedule: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(scope, id)
        defaults = {
            "Interactions": avro("Interactions", _EVENTS),
            "Items": avro("Items", [_ITEM, *self.items_schema]),
            "Users": avro("Users", [{"name": "USER_ID", "type": "string"}, _category("SEGMENT")]),
        }
        avro_of = {**defaults, **(schemas or {})}
        self.group = DatasetGroup(self, "Group", domain=self.domain, **more)
        self.datasets: dict[str, Dataset] = {}
        self.imports: dict[str, Import] = {}
        for name, source in (("Interactions", interactions), ("Items", items), ("Users", users)):
            if source is not None:
                self._dataset(name, avro_of[name], source, schedule)
        self.tracker = EventTracker(self, "Tracker", group=self.group, after=self.datasets.values())
        wanted = recommenders
        if wanted is None:
            wanted = (*self.by_interactions, *(self.by_items if items is not None else ()))
        self.recommenders = {
            recipe: Recommender(
                self,
                "".join(word.title() for word in recipe.split("-")),
                group=self.group,
                recipe=recipe,
                after=self.imports.values(),
            )
            for recipe in wanted
        }

    def _dataset(self, name: str, text: str, source: Source, schedule: str | None) -> None:
        schema = Schema(self, f"{name}Schema", avro=text, domain=self.domain)
        dataset = Dataset(self, name, group=self.group, schema=schema, type=name)
        self.datasets[name] = dataset
        self.imports[name] = Import(self, f"{name}Import", dataset=dataset, source=source, schedule=schedule)


class Shop(_Domain):
    """A shop: events `View` and `Purchase`, and items with a price and a category."""

    domain = "ECOMMERCE"
    items_schema: ClassVar[list[Any]] = [{"name": "PRICE", "type": "float"}, _category("CATEGORY_L1")]
    by_interactions = (
        "aws-ecomm-recommended-for-you",
        "aws-ecomm-popular-items-by-views",
        "aws-ecomm-popular-items-by-purchases",
        "aws-ecomm-customers-who-viewed-x-also-viewed",
        "aws-ecomm-frequently-bought-together",
    )
    by_items: ClassVar[tuple[str, ...]] = ()


class VideoService(_Domain):
    """A service for videos: events `Watch` and `Click`, and items with genres and a time of creation."""

    domain = "VIDEO_ON_DEMAND"
    items_schema: ClassVar[list[Any]] = [
        _category("GENRES"),
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ]
    by_interactions = ("aws-vod-most-popular", "aws-vod-trending-now", "aws-vod-because-you-watched-x")
    by_items = ("aws-vod-top-picks", "aws-vod-more-like-x")

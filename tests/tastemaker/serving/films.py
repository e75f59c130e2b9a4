"""A small catalog of films with known answers, deployed with fakes and requested through the wire format."""

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from tastemaker.columns import Columns
from tastemaker.contracts.deployment import DEPLOYMENT
from tastemaker.control.core.records import MemoryRepository, Record
from tastemaker.errors import TastemakerError
from tastemaker.ids import Ids, save_array
from tastemaker.models import Histories
from tastemaker.models.sparse import SparseRows
from tastemaker.serving.action_recommendations import get_action_recommendations
from tastemaker.serving.endpoints import RecordCache
from tastemaker.serving.history import LiveEvent
from tastemaker.serving.loaded import LoadedBundle
from tastemaker.serving.personalized_ranking import get_personalized_ranking
from tastemaker.serving.ports import Bundles
from tastemaker.serving.recommendations import get_recommendations
from tastemaker.serving.runtime import Runtime
from tastemaker.serving.upserts import UpsertedItems
from tastemaker.wire import Service

PREFIX = "arn:aws:personalize:eu-west-1:123456789012:"
GROUP = f"{PREFIX}dataset-group/films"
FILMS: list[dict[str, Any]] = [
    {"ITEM_ID": "alien", "GENRES": "horror|space", "YEAR": 1979.0, "COLOR": True},
    {"ITEM_ID": "brazil", "GENRES": "comedy", "YEAR": 1985.0, "COLOR": True},
    {"ITEM_ID": "casablanca", "GENRES": "love", "YEAR": 1942.0, "COLOR": False},
    {"ITEM_ID": "dune", "GENRES": "space", "YEAR": 1984.5, "COLOR": True},
    {"ITEM_ID": "emma", "GENRES": None, "YEAR": None, "COLOR": None},
]
USERS = [12, 9, 7, 5, 1]
"""How many users saw each film. Popularity has the order of the alphabet."""


def write_bundle(folder: Path, kind: str) -> Path:
    """Ann saw casablanca at 10 and bought dune at 20; Bob did nothing. Dune goes with alien."""
    (folder / "model").mkdir(parents=True)
    Ids.build([str(film["ITEM_ID"]) for film in FILMS]).save(folder, "items")
    Ids.build(["ann", "bob"]).save(folder, "users")
    kinds = {"GENRES": "categorical", "YEAR": "number", "COLOR": "boolean"}
    Columns.build(kinds, FILMS).save(folder / "item_columns")
    Columns.build({"AGE": "number"}, [{"AGE": 30.0}, {"AGE": 12.0}]).save(folder / "user_columns")
    Histories(
        np.array([0, 2, 2]), np.array([2, 3], np.int32), np.array([10, 20]), np.array([0, 1], np.int16)
    ).save(folder)
    save_array(folder / "popularity.npy", np.array(USERS, np.float32))
    save_array(folder / "item_users.npy", np.array(USERS, np.int32))
    save_array(folder / "item_created.npy", np.zeros(5, np.int64))
    pairs = SparseRows(np.array([0, 1, 1, 1, 2, 2]), np.array([3, 0], np.int32), np.ones(2, np.float32))
    pairs.save(folder / "model", "neighbours")
    parts = {"repeat": {"weight": 1.0, "halfLife": 2.0}, "popularity": {"weight": 0.1}}
    manifest = {
        "formatVersion": 1,
        "kind": kind,
        "eventTypes": ["view", "buy"],
        "model": {
            "parts": parts,
            "typicalGap": 60,
            "trainedTypes": [True, True],
            "unknownTypes": True,
        },
    }
    (folder / "bundle.json").write_text(json.dumps(manifest))
    return folder


class OpenBundles(Bundles):
    """Bundles that are open, by address."""

    def __init__(self) -> None:
        self.loaded: dict[str, LoadedBundle] = {}

    def get(self, uri: str) -> LoadedBundle:
        return self.loaded[uri]


class FakeProfiles:
    """Live events by dataset group and user. `queries` counts the reads."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str], list[LiveEvent]] = {}
        self.queries = 0

    def newest(self, dataset_group: str, user: str, limit: int = 200) -> list[LiveEvent]:
        self.queries += 1
        return self.events.get((dataset_group, user), [])[:limit]


class FakeUpserts:
    """Upserted records of films and users. `reads` counts the requests that needed them."""

    def __init__(self) -> None:
        self.films: dict[str, dict[str, Any]] = {}
        self.users: dict[str, tuple[dict[str, Any], float]] = {}
        self.reads = 0
        self._seen: dict[str, dict[str, Any]] = {}
        self._times: dict[str, float] = {}

    def items(self, dataset_arn: str, loaded: LoadedBundle) -> UpsertedItems | None:
        assert dataset_arn == f"{PREFIX}dataset/films/ITEMS"
        self.reads += 1
        bundle = loaded.bundle
        if not self.films:
            return None
        for film, record in self.films.items():
            if self._seen.get(film) is not record:
                self._seen[film] = record
                self._times[film] = float(len(self._times) + 1 + self._times.get(film, 0.0))
        return UpsertedItems(dict(self.films), bundle.items, bundle.item_columns, dict(self._times))

    def user(self, dataset_arn: str, user_id: str) -> tuple[Mapping[str, Any], float] | None:
        assert dataset_arn == f"{PREFIX}dataset/films/USERS"
        return self.users.get(user_id)


class Cinema:
    """The runtime API with campaigns of several recipes."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.repository, self.profiles, self.upserts = MemoryRepository(), FakeProfiles(), FakeUpserts()
        self.bundles = OpenBundles()
        for model in ("sequence", "popularity", "similar"):
            self.bundles.loaded[f"s3://lake/{model}/"] = LoadedBundle.open(
                write_bundle(folder / model, model)
            )
        ids = iter(range(10_000))
        self.runtime = Runtime(
            RecordCache(self.repository, lambda: self.now),
            self.bundles,
            self.profiles,
            clock=lambda: 1_000.0,
            rng=Random(1),
            new_id=lambda arn: f"RID-{next(ids)}",
            upserts=self.upserts,
        )
        self.service = Service("personalize-runtime")
        self.operations = {
            "GetRecommendations": get_recommendations,
            "GetActionRecommendations": get_action_recommendations,
            "GetPersonalizedRanking": get_personalized_ranking,
        }
        self.deploy("v2", "aws-user-personalization-v2", "sequence")
        self.deploy("v1", "aws-user-personalization", "sequence")
        self.deploy("popular", "aws-popularity-count", "popularity")
        self.deploy("similar", "aws-similar-items", "similar")
        self.deploy("ranking", "aws-personalized-ranking-v2", "sequence")

    def deploy(self, name: str, recipe: str, model: str, segment: str = "campaign", **body: Any) -> str:
        """Add a campaign or recommender, and its solution version. Returns its ARN."""
        version = f"{PREFIX}solution/{name}/1"
        about = {"recipeArn": f"arn:aws:personalize:::recipe/{recipe}", "datasetGroupArn": GROUP}
        self.add(f"solution/{name}/1", status="ACTIVE", _bundle=f"s3://lake/{model}/", **about)
        deployment = {"solutionVersionArn": version, "bundle": f"s3://lake/{model}/", **about}
        return self.add(f"{segment}/{name}", **{"status": "ACTIVE", DEPLOYMENT: deployment, **body})

    def add(self, suffix: str, **body: Any) -> str:
        """Add a record. Returns its ARN."""
        self.repository.create(Record(PREFIX + suffix, suffix.partition("/")[0], body))
        return PREFIX + suffix

    def filter(self, name: str, expression: str, group: str = GROUP) -> str:
        """Add a filter. Returns its ARN."""
        return self.add(f"filter/{name}", status="ACTIVE", filterExpression=expression, datasetGroupArn=group)

    def turn_over(self, model: str, *live: str) -> None:
        """Let only these films be live in a model's bundle."""
        bundle = self.bundles.loaded[f"s3://lake/{model}/"].bundle
        active = [100 if film in live else 0 for film in bundle.items.tolist()]
        save_array(bundle.path / "item_activity.npy", np.array([active, active], np.int64))
        bundle.manifest |= {"turnover": {"life": 50, "pause": 20}, "latestTimestamp": 100}

    def saw(self, user: str, *films: str, start: int = 100, event_type: str = "view") -> None:
        """Add live events of a user, one second apart."""
        live = [
            LiveEvent(f"{film}{start}", film, event_type, start + index) for index, film in enumerate(films)
        ]
        known = self.profiles.events.setdefault(("films", user), [])
        known[:0] = live[::-1]

    def ask(self, campaign: str, path: str = "/recommendations", **params: Any) -> dict[str, Any]:
        """Return the body of a successful answer."""
        status, body = self.post(path, {"campaignArn": f"{PREFIX}campaign/{campaign}", **params})
        assert status == 200, body
        return body

    def items(self, campaign: str, **params: Any) -> list[str]:
        """Return the recommended items."""
        return [item["itemId"] for item in self.ask(campaign, **params)["itemList"]]

    def ranked(self, *films: str, **params: Any) -> list[dict[str, Any]]:
        """Return the entries of a ranking."""
        answer = self.ask("ranking", "/personalize-ranking", inputList=list(films), **params)
        return answer["personalizedRanking"]

    def refused(self, path: str = "/recommendations", **params: Any) -> tuple[int, str, str]:
        """Return the status, code and message of an error."""
        status, body = self.post(path, params)
        return status, body["__type"], body["message"]

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Send a request through the wire format."""
        operation = self.service.route("POST", path, {})
        try:
            params = self.service.parse(operation, json.dumps(body).encode())
            response = self.service.serialize(operation, self.operations[operation](self.runtime, params))
        except TastemakerError as error:
            response = self.service.error(error, operation)
        return response.status, json.loads(response.body)

"""A tiny catalog of films with known answers, deployed on fakes and served through the wire."""

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from lambdas.support.http import serve
from tastemaker.columns import Columns
from tastemaker.control.core.records import MemoryRepository, Record
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
"""How many users saw each film: their order of popularity is that of the alphabet."""


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
    """Bundles that are on disk already."""

    def __init__(self) -> None:
        self.loaded: dict[str, LoadedBundle] = {}

    def get(self, uri: str) -> LoadedBundle:
        return self.loaded[uri]


class Stream:
    """Live events by user; counts how often it is asked."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str], list[LiveEvent]] = {}
        self.queries = 0

    def newest(self, dataset_group: str, user: str, limit: int = 200) -> list[LiveEvent]:
        self.queries += 1
        return self.events.get((dataset_group, user), [])[:limit]


class Cinema:
    """The runtime API over campaigns of several recipes."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.repository, self.stream, self.folders = MemoryRepository(), Stream(), OpenBundles()
        for kind in ("sequence", "popularity", "similar"):
            self.folders.loaded[f"s3://lake/{kind}/"] = LoadedBundle.open(write_bundle(folder / kind, kind))
        ids = iter(range(10_000))
        self.runtime = Runtime(
            RecordCache(self.repository, lambda: self.now),
            self.folders,
            self.stream,
            clock=lambda: 1_000.0,
            rng=Random(1),
            new_id=lambda arn: f"RID-{next(ids)}",
        )
        self.operations = {
            "GetRecommendations": lambda params: get_recommendations(self.runtime, params),
            "GetActionRecommendations": lambda params: get_action_recommendations(self.runtime, params),
            "GetPersonalizedRanking": lambda params: get_personalized_ranking(self.runtime, params),
        }
        self.deploy("v2", "aws-user-personalization-v2", "sequence")
        self.deploy("v1", "aws-user-personalization", "sequence")
        self.deploy("popular", "aws-popularity-count", "popularity")
        self.deploy("similar", "aws-similar-items", "similar")
        self.deploy("ranking", "aws-personalized-ranking-v2", "sequence")

    def deploy(self, name: str, recipe: str, kind: str, segment: str = "campaign", **body: Any) -> str:
        version = f"{PREFIX}solution/{name}/1"
        about = {"recipeArn": f"arn:aws:personalize:::recipe/{recipe}", "datasetGroupArn": GROUP}
        self.add(f"solution/{name}/1", status="ACTIVE", _bundle=f"s3://lake/{kind}/", **about)
        serving = {"solutionVersionArn": version, "bundle": f"s3://lake/{kind}/", **about}
        return self.add(f"{segment}/{name}", **{"status": "ACTIVE", "_serving": serving, **body})

    def add(self, suffix: str, **body: Any) -> str:
        self.repository.create(Record(PREFIX + suffix, suffix.partition("/")[0], body))
        return PREFIX + suffix

    def filter(self, name: str, expression: str, group: str = GROUP) -> str:
        return self.add(f"filter/{name}", status="ACTIVE", filterExpression=expression, datasetGroupArn=group)

    def saw(self, user: str, *films: str, start: int = 100, kind: str = "view") -> None:
        live = [LiveEvent(f"{film}{start}", film, kind, start + place) for place, film in enumerate(films)]
        known = self.stream.events.setdefault(("films", user), [])
        known[:0] = live[::-1]

    def ask(self, campaign: str, path: str = "/recommendations", **params: Any) -> dict[str, Any]:
        """The body of a request that succeeds."""
        status, body = self.post(path, {"campaignArn": f"{PREFIX}campaign/{campaign}", **params})
        assert status == 200, body
        return body

    def items(self, campaign: str, **params: Any) -> list[str]:
        return [item["itemId"] for item in self.ask(campaign, **params)["itemList"]]

    def ranked(self, *films: str, **params: Any) -> list[dict[str, Any]]:
        answer = self.ask("ranking", "/personalize-ranking", inputList=list(films), **params)
        return answer["personalizedRanking"]

    def refused(self, path: str = "/recommendations", **params: Any) -> tuple[int, str, str]:
        status, body = self.post(path, params)
        return status, body["__type"], body["message"]

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        request = {"rawPath": path, "requestContext": {"http": {"method": "POST"}}, "body": json.dumps(body)}
        answer = serve(Service("personalize-runtime"), request, self.operations)
        return answer["statusCode"], json.loads(answer["body"])

"""Recommenders of video on demand that follow events: top picks, and trending now."""

import random
import time
from typing import Any

import pytest

from tests.end_to_end.store import SCHEMAS, WAIT_SECONDS, Store
from tests.standard_schemas import ITEM_ID, field

GENRES, FILMS, VIEWERS = ("crime", "space"), 10, 90
PREMIERE = "premiere"
VIDEO_SCHEMAS = {
    "Interactions": SCHEMAS["Interactions"],
    "Items": [ITEM_ID, field("GENRES", categorical=True), field("CREATION_TIMESTAMP", "long")],
}


def interactions_csv() -> str:
    """Each viewer watches a dozen films of one genre in a day of last year."""
    rng, rows = random.Random(5), ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"]
    for viewer in range(VIEWERS):
        now = 1_700_000_000 + rng.randrange(20 * 86_400)
        for _ in range(12):
            now += rng.randrange(600, 7200)
            rows.append(f"viewer-{viewer},{GENRES[viewer % 2]}-{rng.randrange(FILMS)},{now},Watch")
    return "\n".join(rows) + "\n"


def items_csv() -> str:
    rows = [f"{genre}-{film},{genre},1600000000" for genre in GENRES for film in range(FILMS)]
    return "\n".join(["ITEM_ID,GENRES,CREATION_TIMESTAMP", *rows]) + "\n"


@pytest.fixture(scope="module")
def screen(endpoint: str) -> Any:
    store = Store(endpoint, "video", domain="VIDEO_ON_DEMAND", schemas=VIDEO_SCHEMAS)
    store.load("Interactions", interactions_csv())
    store.load("Items", items_csv())
    # Events need a minute to reach the lake, about as long as the training takes.
    store.send("foyer", *({"eventType": "Watch", "itemId": PREMIERE, "eventId": f"p{n}"} for n in range(9)))
    found = {name: store.recommender(f"aws-vod-{name}") for name in ("trending-now", "top-picks")}
    for arn in found.values():
        store.wait("recommender", "recommender", arn)
    return store, found


def ask(screen: Any, name: str, **params: Any) -> list[str]:
    store, found = screen
    runtime = store.client("personalize-runtime")
    shown = runtime.get_recommendations(recommenderArn=found[name], **params)["itemList"]
    assert all("score" not in item for item in shown)
    return [item["itemId"] for item in shown]


def test_top_picks_follow_watched_films_and_hide_them(screen: Any) -> None:
    store, _ = screen
    watched = [f"space-{film}" for film in range(5)]
    store.send("sofa", *({"eventType": "Watch", "itemId": film} for film in watched), user="newcomer")
    deadline = time.time() + WAIT_SECONDS
    while set(watched) & set(shown := ask(screen, "top-picks", userId="newcomer", numResults=5)):
        assert time.time() < deadline
        time.sleep(0.3)
    assert sum(film.startswith("space") for film in shown) >= 3


def test_films_that_are_watched_now_lead_the_trends_without_training(screen: Any) -> None:
    store, found = screen
    deadline = time.time() + WAIT_SECONDS
    while ask(screen, "trending-now", numResults=3)[0] != PREMIERE:
        assert time.time() < deadline
        time.sleep(2.0)
        store.work("refresh", {"recommenderArn": found["trending-now"]})

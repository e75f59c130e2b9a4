"""Plain and personalized searches with a plain OpenSearch client."""

from collections.abc import Callable, Sequence
from typing import Any

from opensearchpy import OpenSearch

INDEX = "movielens"
PIPELINE = "for-the-user"
WORDS = "man"
"""A word in the titles of films of many genres."""
SHOWN = 8
WINDOW = 100


class Searches:
    """Searches of films by their titles. `film` returns the readable form of an item ID."""

    def __init__(self, endpoint: str, film: Callable[[str], str]) -> None:
        self._client = OpenSearch(hosts=[f"{endpoint}/search"], timeout=60)
        self._film = film

    def show_plain(self) -> None:
        print(f'\nSearch for "{WORDS}" with opensearch-py, by the text alone')
        for item in self._found({}, None)[:SHOWN]:
            print(f"       {self._film(item)}")

    def show_for(self, user: str, campaign: str, before: Sequence[str] = ()) -> list[str]:
        """Show the same search, personalized by a search pipeline, and mark items that are not in `before`.

        Returns the items that were shown.
        """
        processor = {
            "campaign_arn": campaign,
            "recipe": "aws-personalized-ranking-v2",
            "weight": "0.7",
            "window": WINDOW,
            "aws_region": "us-east-1",
        }
        self._client.transport.perform_request(
            "PUT",
            f"/_search/pipeline/{PIPELINE}",
            body={"response_processors": [{"personalized_search_ranking": processor}]},
        )
        parameters = {"personalize_request_parameters": {"user_id": user}}
        found = self._found({"ext": parameters}, PIPELINE)[:SHOWN]
        print(f"\nThe same search for user {user}{' after the events' if before else ''}")
        for item in found:
            print(f"  {'new' if before and item not in before else '   '}  {self._film(item)}")
        return found

    def _found(self, members: dict[str, Any], pipeline: str | None) -> list[str]:
        answer = self._client.search(
            index=INDEX,
            body={"query": {"match": {"TITLE": WORDS}}, "size": SHOWN, **members},
            params={"search_pipeline": pipeline} if pipeline else {},
        )
        return [hit["_id"] for hit in answer["hits"]["hits"]]

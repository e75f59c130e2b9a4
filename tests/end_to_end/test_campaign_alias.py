"""A campaign alias that moves while clients ask it: no request is lost."""

from __future__ import annotations

import threading
from typing import Any

import boto3

from tests.end_to_end.store import Store

MOVES = 3
CACHE_SECONDS = 6.0  # after which every process has seen the last move


class Client:
    """Asks for similar items until it is stopped, and notes failures."""

    def __init__(self, endpoint: str, arn: str, item: str) -> None:
        self._runtime = boto3.client("personalize-runtime", endpoint_url=endpoint)
        self._request = {"campaignArn": arn, "itemId": item}
        self.answers, self.failures = 0, list[str]()
        self.stopped = threading.Event()

    def __call__(self) -> None:
        while not self.stopped.is_set():
            try:
                assert self._runtime.get_recommendations(**self._request)["itemList"]
                self.answers += 1
            except Exception as error:
                self.failures.append(repr(error))


def test_alias_moves_without_a_lost_request(endpoint: str, store: Store, similar: str, campaign: str) -> None:
    personalize: Any = store.personalize
    green = store.deploy("similar-green", similar)
    home = personalize.create_campaign(name="similar-home", solutionVersionArn=campaign)["campaignArn"]
    described = personalize.describe_campaign(campaignArn=home)["campaign"]
    assert described["status"] == "ACTIVE" and described["solutionVersionArn"] == similar
    client = Client(endpoint, home, "i1")
    thread = threading.Thread(target=client)
    thread.start()
    try:
        for number in range(MOVES):
            target = campaign if number % 2 else green
            personalize.update_campaign(campaignArn=home, solutionVersionArn=target)
            client.stopped.wait(0.5)
        personalize.update_campaign(campaignArn=home, solutionVersionArn=campaign)
        personalize.delete_campaign(campaignArn=green)  # at once, while processes still know the old target
        client.stopped.wait(CACHE_SECONDS)
    finally:
        client.stopped.set()
        thread.join()
    assert not client.failures and client.answers > MOVES
    personalize.delete_campaign(campaignArn=home)

"""Searches by the OpenSearch API of the endpoint, plain and personalized."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pprint import pformat
from typing import Any
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from console.api import Api, Call

SHOWN = 20
WINDOW = 100
"""The hits that a personalized search reorders."""
TIMEOUT = 30


@dataclass(frozen=True)
class Hits:
    """The IDs of items in the order of a search, with the number of all hits, or an error."""

    ids: Sequence[str] = ()
    total: int = 0
    error: str = ""


def body_of(text: str, fields: Sequence[str]) -> dict[str, Any]:
    """The request of a search for a text."""
    return {
        "query": {"multi_match": {"query": text, "fields": list(fields)}},
        "size": SHOWN,
        "_source": False,
    }


def personalized(
    body: Mapping[str, Any], campaign_arn: str, recipe: str, user: str, weight: str, region: str
) -> dict[str, Any]:
    """The same request with a pipeline that ranks the hits for a user."""
    processor = {
        "campaign_arn": campaign_arn,
        "recipe": recipe,
        "weight": weight,
        "window": WINDOW,
        "aws_region": region,
    }
    return {
        **body,
        "search_pipeline": {"response_processors": [{"personalized_search_ranking": processor}]},
        "ext": {"personalize_request_parameters": {"user_id": user}},
    }


def search(api: Api, index: str, body: Mapping[str, Any]) -> Hits:
    """Send a search. An error of the service becomes a part of the answer."""
    target = api.target
    path = f"/search/{quote(index, safe='')}/_search"
    data = json.dumps(body, ensure_ascii=False)
    request = AWSRequest(
        "POST", f"{target.endpoint}{path}", {"Content-Type": "application/json"}, data.encode()
    )
    credentials = target.session.get_credentials()
    if credentials is not None:
        SigV4Auth(credentials, "execute-api", target.region).add_auth(request)
    started = time.perf_counter()
    try:
        response = URLLib3Session(timeout=TIMEOUT).send(request.prepare())
    except BotoCoreError as error:
        return Hits(error=str(error))
    finally:
        api.calls.append(_call(target.endpoint, index, path, body, time.perf_counter() - started))
    try:
        answer = json.loads(response.content or b"{}")
    except ValueError:
        answer = None
    if response.status_code != 200 and isinstance(answer, Mapping):
        said = answer.get("error", answer)
        return Hits(error=str(said.get("reason") or said) if isinstance(said, Mapping) else str(said))
    try:
        hits = answer["hits"]
        return Hits([hit["_id"] for hit in hits["hits"]], hits["total"]["value"])
    except (TypeError, KeyError):  # a gateway in front has answered
        text = response.content[:200].decode("utf-8", "replace")
        return Hits(error=f"The search answered with status {response.status_code}: {text}")


def _call(endpoint: str, index: str, path: str, body: Mapping[str, Any], seconds: float) -> Call:
    """The search as a program with opensearch-py, and as a command."""
    program = f"opensearch.search(index={index!r}, body={pformat(dict(body), width=96, sort_dicts=False)})"
    command = (
        f"curl -s {shlex.quote(endpoint + path)} -H 'content-type: application/json' "
        f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"
    )
    return Call("opensearch", "Search", {}, seconds, program=program, shell=command)

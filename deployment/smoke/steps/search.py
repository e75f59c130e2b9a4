"""A search through OpenSearch's API."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from deployment.smoke.context import Context, check
from deployment.smoke.shop import AISLES, SHELF
from deployment.smoke.steps.models import create_version

TIMEOUT_SECONDS = 60
TEXT_RECIPE = "aws-semantic-similarity"


def search(context: Context) -> str:
    """Items of an aisle, found by a signed GET request with a body."""
    if context.target.stage.search.has_server:
        # The items are not in it. That it answers shows that it takes the function's signature.
        pipelines = send(context, "GET", "/_search/pipeline", None)
        if context.target.stage.search.collection:
            _store_pipeline(context)
        return f"the OpenSearch server of the stage answers; {len(pipelines)} search pipelines are defined"
    index = context.group.rpartition("/")[2]
    body = {"query": {"term": {"AISLE": AISLES[0]}}, "size": 2 * SHELF, "sort": ["PRICE"]}
    found = send(context, "GET", f"/{index}/_search", body)["hits"]
    items = [hit["_id"] for hit in found["hits"]]
    check(found["total"]["value"] == SHELF, f"{found['total']['value']} items instead of {SHELF}")
    right = {context.shop.aisle_of(item) for item in items} == {AISLES[0]}
    check(right, f"the search found items of other aisles: {items}")
    pipelines = send(context, "GET", "/_search/pipeline", None)
    report = f"{len(items)} items of one aisle; {len(pipelines)} search pipelines are defined"
    if context.target.stage.training.text_model:
        find_by_meaning(context)
        report += "; a text finds items by meaning"
    return report


def find_by_meaning(context: Context) -> None:
    """Train vectors of the items' names, and find those of an aisle by a text that the model encodes."""
    version = create_version(context, TEXT_RECIPE)
    context.wait("solution_version", "solutionVersion", version)
    query = {"neural": {"text_vector": {"query_text": AISLES[0], "k": SHELF}}}
    index = context.group.rpartition("/")[2]
    hits = send(context, "POST", f"/{index}/_search", {"query": query, "size": SHELF})["hits"]["hits"]
    aisles = {context.shop.aisle_of(hit["_id"]) for hit in hits}
    check(aisles == {AISLES[0]}, f"the text {AISLES[0]!r} found items of {sorted(aisles) or 'no aisle'}")


def _store_pipeline(context: Context) -> None:
    """Store a pipeline in the collection of the stage, read it, and delete it."""
    path = f"/_search/pipeline/{context.group.rpartition('/')[2]}"
    everything: dict[str, Any] = {"filter_query": {"query": {"match_all": {}}}}
    send(context, "PUT", path, {"request_processors": [everything]})
    try:
        found = send(context, "GET", path, None)
        check(len(found) == 1, f"the collection has not stored the search pipeline: {found}")
    finally:
        send(context, "DELETE", path, None)


def send(context: Context, method: str, path: str, body: Any) -> Any:
    """Send a signed request to OpenSearch's API. Returns the JSON of the response."""
    target = context.target
    url = f"{target.api_url}/search{path}"
    data = None if body is None else json.dumps(body).encode()
    request = AWSRequest(method, url, data=data, headers={"content-type": "application/json"})
    credentials: Any = target.session.get_credentials()
    SigV4Auth(credentials, "execute-api", target.session.region_name).add_auth(request)
    plain = urllib.request.Request(url, data, dict(request.headers.items()), method=method)
    with urllib.request.urlopen(plain, timeout=TIMEOUT_SECONDS) as response:
        return json.loads(response.read())

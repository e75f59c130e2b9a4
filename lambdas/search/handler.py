"""The OpenSearch API."""

import base64
import os
from collections.abc import Mapping
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from botocore.config import Config

from lambdas.search.definitions import StoredDefinitions
from lambdas.search.deployments import RecordedDeployments
from lambdas.search.permissions import IamPermit
from lambdas.search.server import SignedServer
from lambdas.search.titan import PREFIX as PREFIX_OF_TITAN
from lambdas.search.titan import TitanEncoder
from lambdas.stores.bundles import BundleCache
from lambdas.stores.impression_log import ImpressionTable
from lambdas.stores.prefetching import prefetch_active
from lambdas.stores.profiles import Profiles
from lambdas.stores.records import ResourceTable
from lambdas.stores.search_log import SearchLog
from lambdas.stores.upserts import CatalogUpserts
from lambdas.support import authorization, observability
from lambdas.support.after_response import AfterResponse
from lambdas.support.clients import CONFIG, client, credentials
from lambdas.support.http import Served, account_of, body_of, method_of, path_of, result_bytes
from lambdas.support.observer import LambdaObserver
from lambdas.support.partitions import partition_of
from lambdas.support.settings import Settings
from tastemaker.contracts.arns import AccountScope
from tastemaker.errors import TastemakerError
from tastemaker.models import Bundle
from tastemaker.search.errors import ForbiddenError, SearchError, TooLargeError, UnavailableError
from tastemaker.search.pipelines.processor import Processor
from tastemaker.search.pipelines.ranking import CampaignRanker
from tastemaker.search.service.backend import Backend
from tastemaker.search.service.catalogs import BundleCatalogs, built_in_encoder, encoder_name
from tastemaker.search.service.embedded import EmbeddedBackend
from tastemaker.search.service.endpoint import SearchEndpoint
from tastemaker.search.service.http import HttpRequest, HttpResponse, uncompressed
from tastemaker.search.service.opensearch import OpenSearchBackend
from tastemaker.search.service.permit import Permit, PermitAll
from tastemaker.search.vectors.text_vectors import QueryEncoder
from tastemaker.serving.endpoints import RecordCache
from tastemaker.serving.runtime import Runtime

PREFIX = "/search"
"""The path of the API below that of all services. Clients name it in the URL of their host."""
MAX_RESULT_BYTES = 6_000_000
"""Lambda returns at most 6 MB: the response as a JSON text, in which quotation marks are escaped."""

MODEL_CONFIG = CONFIG.merge(
    Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
)
"""A search waits for a vector of its query no longer than for two calls: it has 29 seconds for everything."""

_settings = Settings()
_dynamodb = client("dynamodb")
_records = ResourceTable(_dynamodb, _settings.resources_table)
_observer = LambdaObserver()
_bundles = BundleCache(client("s3"), search=_settings.search_endpoint is None)
_runtime = Runtime(
    RecordCache(_records),
    _bundles,
    Profiles(_dynamodb, _settings.profiles_table),
    upserts=CatalogUpserts(_dynamodb, _settings.catalog_table),
    observer=_observer,
)
_definitions = StoredDefinitions(_records)
_impressions = ImpressionTable(_dynamodb, _settings.recommendations_table)
_log = SearchLog(_impressions, _settings.search_log_days)
_require_of = authorization.connect_permissions(_settings)


def _report(error: SearchError) -> None:
    _observer.add("SearchesNotPersonalized")
    observability.log_refusal(error.reason, code=error.type)


def _encoder_of(bundle: Bundle) -> QueryEncoder:
    """What encodes queries for the vectors of a bundle: the model that made them."""
    name = encoder_name(bundle)
    if name == _settings.text_embeddings and name.startswith(PREFIX_OF_TITAN):
        region = _settings.text_embeddings_region or _settings.region
        width = int(bundle.manifest["model"]["texts"]["width"])
        return TitanEncoder(client("bedrock-runtime", MODEL_CONFIG, region=region), name, width)
    return built_in_encoder(bundle)


def _backend() -> Backend:
    """The server that the stage names, or else the embedded index."""
    if _settings.search_endpoint is None:
        return EmbeddedBackend(
            BundleCatalogs(_runtime, RecordedDeployments(_records, _runtime), _encoder_of), _definitions
        )
    server = SignedServer(_settings.search_endpoint, _settings.search_service, _settings.region, credentials)
    return OpenSearchBackend(server, _definitions)


_endpoint = SearchEndpoint(
    _definitions,
    _backend(),
    Processor(CampaignRanker(_runtime), _report, _log.record),
)


def _after(seconds: float) -> None:
    """Complete what a response did not wait for: pages of the log, and downloads of models."""
    _impressions.flush()
    _bundles.finish(seconds)


_after_response = AfterResponse(os.environ.get("AWS_LAMBDA_RUNTIME_API", ""), _after)
_bundles.finishes_later = _after_response.start()
prefetch_active(_records, _bundles, initialization=os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", ""))


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """Answer an HTTP request of API Gateway."""
    try:
        return _handle(event, context)
    finally:
        _after_response.answered()


def _handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    _observer.start()
    started = perf_counter()
    served = Served(event, event.get("requestContext", {}).get("requestId") or str(uuid4()), "Search")
    response = _answer(event, context, served)
    served.status, served.milliseconds = response.status, (perf_counter() - started) * 1000
    _observer.finish(served)
    return _result(response, served.request_id)


def _answer(event: Mapping[str, Any], context: Any, served: Served) -> HttpResponse:
    try:
        response = _endpoint.handle(_request(event), _permit(event, context))
        size = result_bytes(_result(response, served.request_id), MAX_RESULT_BYTES)
        if size > MAX_RESULT_BYTES:
            raise TooLargeError(
                f"The response has {size:,} bytes with quotation marks escaped; the endpoint returns at most "
                f"{MAX_RESULT_BYTES:,}. Ask for a smaller [size], or fewer members of [_source]."
            )
        return response
    except SearchError as error:
        return HttpResponse.of_error(error)
    except TastemakerError as error:
        observability.log_exception("failed", request_id=served.request_id)
        return HttpResponse.of_error(UnavailableError(error.message))
    except Exception:
        observability.log_exception("failed", request_id=served.request_id)
        reason = f"The request {served.request_id} failed; the log of the search function has the details."
        return HttpResponse.of_error(SearchError(reason))


def _request(event: Mapping[str, Any]) -> HttpRequest:
    path = path_of(event).removeprefix(PREFIX)
    query = dict(parse_qsl(event.get("rawQueryString") or "", keep_blank_values=True))
    body, headers = uncompressed(body_of(event), event.get("headers") or {})
    return HttpRequest(method_of(event), path or "/", query, headers, body)


def _permit(event: Mapping[str, Any], context: Any) -> Permit:
    try:
        require = _require_of(event, context)
    except TastemakerError as error:  # nobody whom policies could allow anything
        raise ForbiddenError(error.message) from None
    if require is None:
        return PermitAll()
    scope = AccountScope(partition_of(_settings.region), _settings.region, account_of(event, context))
    return IamPermit(require, scope, _settings.search_domain)


def _result(response: HttpResponse, request_id: str) -> dict[str, Any]:
    headers = {**response.headers, "x-amzn-requestid": request_id}
    try:
        body, encoded = response.body.decode(), False
    except UnicodeDecodeError:
        body, encoded = base64.b64encode(response.body).decode(), True
    return {"statusCode": response.status, "headers": headers, "body": body, "isBase64Encoded": encoded}

"""The `search` function: OpenSearch's API over the items of dataset groups."""

from __future__ import annotations

import aws_cdk as cdk

from infrastructure.data.search_collection import SearchCollection
from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import (
    READ_RECORDS,
    WRITE_RECORDS,
    answer_with_models,
    authorize_callers,
    foundation_model,
)
from infrastructure.permissions import allow
from infrastructure.stage import Stage

DEFINITIONS = "search/*"
"""The keys of pipelines and settings of indexes in the resources table."""


def _limits(stage: Stage) -> Limits:
    # An HTTP API gives up after 30 seconds.
    return Limits(memory=stage.functions.search_memory, timeout=29, disk=stage.functions.search_disk)


def _connect(search: ServiceFunction, uses: Resources) -> None:
    tables = uses.tables
    search.set(
        RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
        SEARCH_DOMAIN=uses.stage.stack_name,
        SEARCH_LOG_DAYS=str(uses.stage.search.log_days),
    )
    authorize_callers(search, uses.stage)
    _encode_queries(search, uses.stage)
    _allow_server(search, uses.stage)
    answer_with_models(search, uses)
    allow(
        search.role,
        [action for action in WRITE_RECORDS if action not in READ_RECORDS],
        [tables.resources.table_arn],
        when={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [DEFINITIONS]}},
    )
    allow(search.role, ["dynamodb:PutItem"], [tables.recommendations.table_arn])


def _encode_queries(search: ServiceFunction, stage: Stage) -> None:
    """Let the function encode queries with the model that makes the vectors of items."""
    model = stage.training.text_model
    if not model or stage.search.has_server:
        return
    stack = cdk.Stack.of(search)
    region = stage.training.text_model_region or stack.region
    search.set(TEXT_EMBEDDINGS=model, TEXT_EMBEDDINGS_REGION=region)
    allow(search.role, ["bedrock:InvokeModel"], [foundation_model(stack, region, model)])


def _allow_server(search: ServiceFunction, stage: Stage) -> None:
    """Let the function send requests to the OpenSearch server of the stage."""
    settings = stage.search
    if not settings.has_server:
        return
    endpoint, resource = settings.endpoint, settings.resource
    if settings.collection:
        made = SearchCollection(search, stage=stage, role=search.role)
        endpoint, resource = made.endpoint, made.arn
    search.set(SEARCH_ENDPOINT=endpoint, SEARCH_SERVICE=settings.service)
    if settings.service == "aoss":
        allow(search.role, ["aoss:APIAccessAll"], [resource])
    else:
        allow(
            search.role,
            [f"es:ESHttp{method}" for method in ("Delete", "Get", "Head", "Patch", "Post", "Put")],
            [f"{resource}/*"],
            because="the paths of a domain are its indexes, which users create",
        )


FUNCTION = FunctionDeclaration(
    name="search",
    description="OpenSearch's API: searches items, and personalizes the order of hits",
    limits=_limits,
    connect=_connect,
)

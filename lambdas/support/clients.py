"""AWS clients for functions that answer requests.

They use botocore only. For a low-level client, boto3 adds only the import of its transfer manager, which is a
fifth of a cold start. There is one session, so that credentials and service models are read once.
"""

import os
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.model import MapShape
from botocore.parsers import JSONParser, ResponseParserFactory
from botocore.session import Session, get_session

CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 4},
    tcp_keepalive=True,
)


class _Attributes(JSONParser):
    """A parser that leaves the attributes of DynamoDB's items as they are in the JSON.

    The result is the same as botocore's, except that binary attributes stay base64 texts. Only the log of
    searches has them, which no function reads. Parsing two hundred events of a user took longer than
    computing the recommendations.
    """

    def _handle_map(self, shape: MapShape, value: Any) -> Any:
        if shape.value.name == "AttributeValue":
            return value
        return super()._handle_map(shape, value)  # type: ignore[misc]  # not in the stubs


class _Parsers(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "json":
            return _Attributes(**self._defaults)  # type: ignore[attr-defined]  # not in the stubs
        return super().create_parser(protocol_name)


@cache
def _session() -> Session:
    session = get_session()
    session.register_component("response_parser_factory", _Parsers())
    return session


def credentials() -> Any:
    """The credentials of the function's role, for requests that no client signs."""
    found = _session().get_credentials()
    assert found is not None
    return found.get_frozen_credentials()


def client(service: str, config: Config = CONFIG, *, region: str | None = None) -> Any:
    """A client of `service` with the function's role, in a region or in that of the function."""
    region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return _session().create_client(service, region_name=region, config=config)

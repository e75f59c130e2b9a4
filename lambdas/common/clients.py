"""AWS clients for functions that somebody waits for.

Made with botocore alone: boto3 adds nothing to a low-level client but the import of its transfer manager, a
fifth of a cold start. One session, so that credentials and service models are read once.
"""

import os
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 4},
    tcp_keepalive=True,
)


@cache
def _session() -> Session:
    return get_session()


def client(service: str) -> Any:
    """A client of `service` in the function's region, with its role."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return _session().create_client(service, region_name=region, config=CONFIG)

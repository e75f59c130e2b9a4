"""Sending answers to CloudFormation: an upload to the address in the request, which S3 has signed.

The address is in a bucket of CloudFormation, and each region has one, named after the region without dashes.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/vpc-interface-endpoints.html
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3

MAX_BYTES = 4096
"""The largest answer that CloudFormation accepts."""
BUCKET = "cloudformation-custom-resource-response-"
PAUSE_SECONDS = 0.5

# What it logs about repeated requests has the signed address.
logging.getLogger("urllib3").setLevel(logging.ERROR)


def send(
    url: str,
    answer: Mapping[str, Any],
    region: str,
    endpoint: str | None = None,
    *,
    pause_seconds: float = PAUSE_SECONDS,
) -> None:
    """Upload an answer. An upload that fails is repeated, because the stack would wait for an hour.

    `region` is the region of the stack, and `endpoint` the address of the local run. Raises ValueError for an
    address that is not of CloudFormation's bucket, and OSError if the upload fails. Pauses between uploads
    are twice `pause_seconds`, then twice as long each time.
    """
    _check(url, region, endpoint)
    body = json.dumps(answer).encode()
    if len(body) > MAX_BYTES:  # Fn::GetAtt would miss members, so the resource cannot be used
        failed = {
            **answer,
            "Status": "FAILED",
            "Reason": f"The answer has {len(body)} bytes, more than {MAX_BYTES}.",
        }
        body = json.dumps({name: value for name, value in failed.items() if name != "Data"}).encode()
    retries = urllib3.Retry(
        total=5, backoff_factor=pause_seconds, status_forcelist=(500, 502, 503, 504), allowed_methods=None
    )
    try:
        # S3 has signed the address without a content type.
        response = urllib3.request(
            "PUT", url, body=body, headers={"content-type": ""}, retries=retries, redirect=False
        )
    except urllib3.exceptions.HTTPError as error:
        # The error's text has the signed address, so neither the log nor the execution may show it.
        kind = type(getattr(error, "reason", None) or error).__name__
        raise OSError(f"CloudFormation did not get the answer: {kind}") from None
    if response.status >= 300:
        raise OSError(f"CloudFormation did not get the answer: HTTP {response.status}")


def _check(url: str, region: str, endpoint: str | None) -> None:
    parts = urlsplit(url)
    if endpoint is not None and parts[:2] == urlsplit(endpoint)[:2]:
        return
    bucket = f"{BUCKET}{region.replace('-', '')}"
    if parts.scheme == "https" and parts.netloc in {f"{bucket}.{host}" for host in _hosts_of_s3(region)}:
        return
    raise ValueError(
        f"The ResponseURL {parts.scheme}://{parts.netloc} is not an address of CloudFormation: it must begin "
        f"with https://{bucket}.s3, and the stack must be in {region}."
    )


def _hosts_of_s3(region: str) -> tuple[str, ...]:
    """The names of S3 in a region: the regional one, the one with a dash, and the global one."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"s3.{region}.{domain}", f"s3-{region}.{domain}", f"s3.{domain}"

"""Sending answers to CloudFormation: an upload to the address in the request, which S3 has signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3

MAX_BYTES = 4096
"""The largest answer that CloudFormation accepts."""
AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn")


def send(url: str, answer: Mapping[str, Any], endpoint: str | None = None) -> None:
    """Upload an answer. An upload that fails is repeated, because the stack would wait for an hour.

    `endpoint` is the address of the local run. Raises ValueError for an address that is not AWS's, and
    OSError if the upload fails.
    """
    _check(url, endpoint)
    body = json.dumps(answer).encode()
    if len(body) > MAX_BYTES:  # Fn::GetAtt would miss members, so the resource cannot be used
        failed = {
            **answer,
            "Status": "FAILED",
            "Reason": f"The answer has {len(body)} bytes, more than {MAX_BYTES}.",
        }
        body = json.dumps({name: value for name, value in failed.items() if name != "Data"}).encode()
    retries = urllib3.Retry(
        total=5, backoff_factor=0.5, status_forcelist=(500, 502, 503, 504), allowed_methods=None
    )
    try:
        # S3 has signed the address without a content type.
        response = urllib3.request(
            "PUT", url, body=body, headers={"content-type": ""}, retries=retries, redirect=False
        )
    except urllib3.exceptions.HTTPError as error:
        raise OSError(f"CloudFormation did not get the answer: {error}") from error
    if response.status >= 300:
        raise OSError(f"CloudFormation did not get the answer: HTTP {response.status}")


def _check(url: str, endpoint: str | None) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" and (parts.hostname or "").endswith(AWS_DOMAINS):
        return
    if endpoint is not None and parts[:2] == urlsplit(endpoint)[:2]:
        return
    raise ValueError(f"The ResponseURL {parts.scheme}://{parts.hostname} is not an address of AWS.")

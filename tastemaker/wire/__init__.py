"""Requests in, responses and errors out, driven by botocore's service models.

service = Service("personalize-runtime")
operation = service.route("POST", "/recommendations", {})
params = service.parse(operation, b'{"campaignArn": "arn:aws:personalize:…"}')
response = service.serialize(operation, {"itemList": []})
"""

from tastemaker.wire.service import Response, Service

__all__ = ["Response", "Service"]

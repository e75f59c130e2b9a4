"""Requests in, responses and errors out, as botocore's service models describe them.

    service = Service("personalize-runtime")
    operation = service.route("POST", "/recommendations", {})
    params = service.parse(operation, b'{"campaignArn": "arn:aws:personalize:…"}')
    response = service.serialize(operation, {"itemList": []})

`extensions/` has the model of our own service, `tastemaker`, and the optional members that we add to others.
"""

from tastemaker.wire.service import Response, Service

__all__ = ["Response", "Service"]

"""The IAM action of an S3 request, which differs from the name of the operation.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote
from xml.sax.saxutils import unescape

from local.http.messages import Request

# (method, sub-resource in the query string) → action. The first sub-resource that is present decides.
_OBJECT = {
    "GET": {
        "uploadId": "ListMultipartUploadParts",
        "acl": "GetObjectAcl",
        "tagging": "GetObjectTagging",
        "attributes": "GetObjectAttributes",
        "versionId": "GetObjectVersion",
        "": "GetObject",
    },
    "HEAD": {"versionId": "GetObjectVersion", "": "GetObject"},
    "PUT": {"acl": "PutObjectAcl", "tagging": "PutObjectTagging", "": "PutObject"},
    "POST": {"restore": "RestoreObject", "": "PutObject"},
    "DELETE": {
        "uploadId": "AbortMultipartUpload",
        "tagging": "DeleteObjectTagging",
        "versionId": "DeleteObjectVersion",
        "": "DeleteObject",
    },
}
_BUCKET = {
    "GET": {
        "uploads": "ListBucketMultipartUploads",
        "versions": "ListBucketVersions",
        "location": "GetBucketLocation",
        "policy": "GetBucketPolicy",
        "versioning": "GetBucketVersioning",
        "lifecycle": "GetLifecycleConfiguration",
        "tagging": "GetBucketTagging",
        "encryption": "GetEncryptionConfiguration",
        "": "ListBucket",
    },
    "HEAD": {"": "ListBucket"},
    "PUT": {"policy": "PutBucketPolicy", "": "CreateBucket"},
    "POST": {"delete": "DeleteObject"},
    "DELETE": {"policy": "DeleteBucketPolicy", "": "DeleteBucket"},
}

_KEY = re.compile(r"<Key>(.*?)</Key>", re.DOTALL)


def s3_permissions(request: Request, partition: str) -> Iterator[tuple[str, str, dict[str, list[str]]]]:
    """(action, resource, condition keys) for each permission that a path-style request needs."""
    bucket, _, key = request.raw_path.lstrip("/").partition("/")
    if not bucket:
        yield "s3:ListAllMyBuckets", "*", {}
        return
    bucket_arn = f"arn:{partition}:s3:::{bucket}"
    if not key:
        action = _pick(_BUCKET, request)
        if action == "DeleteObject":  # many at once, listed in the body
            for name in _KEY.findall(request.body.decode("utf-8", "replace")):
                yield "s3:DeleteObject", f"{bucket_arn}/{unescape(name)}", {}
            return
        names = ("prefix", "delimiter", "max-keys")
        context = {f"s3:{name}": [request.parameters[name]] for name in names if name in request.parameters}
        yield f"s3:{action}", bucket_arn, context
        return
    yield f"s3:{_pick(_OBJECT, request)}", f"{bucket_arn}/{unquote(key)}", {}
    if source := request.headers.get("x-amz-copy-source"):
        path = unquote(source).partition("?")[0].lstrip("/")
        yield "s3:GetObject", f"arn:{partition}:s3:::{path}", {}
    if "x-amz-tagging" in request.headers:
        yield "s3:PutObjectTagging", f"{bucket_arn}/{unquote(key)}", {}


def _pick(table: dict[str, dict[str, str]], request: Request) -> str:
    of_method = table.get(request.method, {})
    found = next((action for name, action in of_method.items() if name and name in request.parameters), None)
    return found or of_method.get("", "?")

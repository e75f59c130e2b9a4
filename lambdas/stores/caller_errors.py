"""Errors of S3 on a caller's bucket → failure reasons that say which role needs which permission."""

from botocore.exceptions import ClientError

from tastemaker.failures import AccessRefused, InvalidLocation, WorkFailedError

OWN_ROLE = "the function's own role"

_MISSING_BUCKET = {"NoSuchBucket", "404"}
_MISSING = {"NoSuchKey", *_MISSING_BUCKET}
_DENIED = {"AccessDenied", "403", "AllAccessDisabled"}
_REPLACED = {"PreconditionFailed", "412"}


def read_error(error: ClientError, name: str, *, identity: str, permission: str) -> WorkFailedError:
    """The failure reason for a file or folder, `name`, that `identity` could not read."""
    code = _code(error)
    if code in _MISSING:
        return InvalidLocation(name, "no such bucket or object")
    if code in _DENIED:
        return AccessRefused(f"{identity} may not read {name}; it needs {permission} there")
    if code in _REPLACED:
        return InvalidLocation(name, "the object was replaced while it was being read")
    return WorkFailedError(f"S3 could not serve {name}: {error}")


def write_error(error: ClientError, name: str, *, identity: str, bucket: str) -> WorkFailedError:
    """The failure reason for a file, `name`, that `identity` could not write."""
    code = _code(error)
    if code in _MISSING_BUCKET:
        return WorkFailedError(f"Invalid S3 output path: there is no bucket {bucket}.")
    if code in _DENIED:
        return AccessRefused(f"{identity} may not write {name}; it needs s3:PutObject there")
    return WorkFailedError(f"S3 did not take {name}: {error}")


def is_missing_bucket(error: ClientError) -> bool:
    """Whether the error says that there is no such bucket."""
    return _code(error) in _MISSING_BUCKET


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))

"""Errors of the domain that a caller sees.

    TastemakerError
    ├── InvalidInput            the request itself cannot be accepted
    │   ├── MalformedRequest    the body is not JSON of the right form
    │   └── InvalidNextToken    a page token that this list did not return
    ├── ResourceNotFound        no resource has this ARN
    ├── ResourceAlreadyExists   the name is taken, or only one such resource is allowed
    ├── ResourceInUse           the caller must wait, or delete something else first
    ├── LimitExceeded           a quota is used up
    ├── TooManyTags, TooManyTagKeys
    ├── AccessDenied            IAM's policies do not allow the caller to do this
    ├── UnknownOperation        the service model has no such operation
    ├── NotServedYet            the operation is modeled, but this release does not serve it
    ├── ServiceUnavailable      a store does not accept writes now; the caller may repeat the call
    └── Conflict                two writers at once; the caller may repeat the call

`code` is the name of the exception on the wire. `status` is its HTTP status if the service model has none.
The message says what is wrong and how to fix it, because clients show it to people.
"""

# ruff: noqa: N818 - the names are the service's own, without its "Exception"


class TastemakerError(Exception):
    """The root of all errors that a caller sees. `str(error)` is the message for the caller."""

    code = "InternalServerError"
    status = 500

    @property
    def message(self) -> str:
        """The message for the caller."""
        return str(self)


class InvalidInput(TastemakerError):
    """A member is missing, malformed or contradicts another."""

    code = "InvalidInputException"
    status = 400


class MalformedRequest(InvalidInput):
    """The body is not the JSON object that the operation accepts."""

    code = "SerializationException"


class InvalidNextToken(InvalidInput):
    """The page token is damaged, or belongs to another list or other filters."""

    code = "InvalidNextTokenException"


class ResourceNotFound(TastemakerError):
    """No resource has this ARN, although the ARN is well-formed."""

    code = "ResourceNotFoundException"
    status = 400


class ResourceAlreadyExists(TastemakerError):
    """The name is taken, or the parent already has its only resource of this type."""

    code = "ResourceAlreadyExistsException"
    status = 400


class ResourceInUse(TastemakerError):
    """The status of the resource, its parent or its child does not allow this now."""

    code = "ResourceInUseException"
    status = 400


class LimitExceeded(TastemakerError):
    """A quota of this installation is used up."""

    code = "LimitExceededException"
    status = 400


class TooManyTags(TastemakerError):
    """More than 50 tags on one resource."""

    code = "TooManyTagsException"
    status = 400


class TooManyTagKeys(TastemakerError):
    """More than 50 keys in one UntagResource request."""

    code = "TooManyTagKeysException"
    status = 400


class AccessDenied(TastemakerError):
    """The caller's IAM policies do not allow the operation, or the caller is nobody whom they could allow it.

    JSON services answer 400 instead of 403.
    """

    code = "AccessDeniedException"
    status = 403


class UnknownOperation(TastemakerError):
    """The service has no operation with this name or path."""

    code = "UnknownOperationException"
    status = 400


class NotServedYet(TastemakerError):
    """The service model has this operation, but this release does not serve it."""

    code = "NotImplementedException"
    status = 501


class ServiceUnavailable(TastemakerError):
    """A store did not accept every write in time. Repeating the call is safe."""

    code = "ServiceUnavailableException"
    status = 503


class Conflict(TastemakerError):
    """Another writer changed the record after it was read. Nothing was written."""

    code = "ResourceInUseException"
    status = 400

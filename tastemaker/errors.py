"""The tree of domain errors.

TastemakerError
├── InvalidInput            the request itself cannot be accepted
│   ├── MalformedRequest    the body is not JSON of the right form
│   └── InvalidNextToken    a page token that this list did not hand out
├── ResourceNotFound        a well-formed ARN that names nothing
├── ResourceAlreadyExists   the name, or the only place there is, is taken
├── ResourceInUse           wait for something, or delete something else first
├── LimitExceeded           a quota
├── TooManyTags, TooManyTagKeys
├── UnknownOperation        no such operation in the service's model
├── NotServedYet            modeled, but this release does not do it
└── Conflict                two writers at once; the caller may repeat the call

`code` is the exception's name on the wire, `status` its HTTP status where the service model gives none. A
message says what is wrong and what to do about it: clients show it to people.
"""

# ruff: noqa: N818 - the names are the service's own, without its "Exception"


class TastemakerError(Exception):
    """Root of everything that the domain refuses. `str(error)` is the message for the caller."""

    code = "InternalServerError"
    status = 500

    @property
    def message(self) -> str:
        return str(self)


class InvalidInput(TastemakerError):
    """A member is missing, malformed or contradicts another."""

    code = "InvalidInputException"
    status = 400


class MalformedRequest(InvalidInput):
    """The body could not be read as the JSON object that the operation takes."""

    code = "SerializationException"


class InvalidNextToken(InvalidInput):
    """The page token is damaged, or belongs to another list or other filters."""

    code = "InvalidNextTokenException"


class ResourceNotFound(TastemakerError):
    """The ARN is well-formed and there is no such resource."""

    code = "ResourceNotFoundException"
    status = 400


class ResourceAlreadyExists(TastemakerError):
    """The name is taken, or the parent has its only one of this kind already."""

    code = "ResourceAlreadyExistsException"
    status = 400


class ResourceInUse(TastemakerError):
    """The resource, its parent or its child is not in a state that allows this now."""

    code = "ResourceInUseException"
    status = 400


class LimitExceeded(TastemakerError):
    """A quota that this installation sets is used up."""

    code = "LimitExceededException"
    status = 400


class TooManyTags(TastemakerError):
    """More than 50 tags on one resource."""

    code = "TooManyTagsException"
    status = 400


class TooManyTagKeys(TastemakerError):
    """More than 50 keys in one UntagResource."""

    code = "TooManyTagKeysException"
    status = 400


class UnknownOperation(TastemakerError):
    """No operation of the service has this name or path."""

    code = "UnknownOperationException"
    status = 400


class NotServedYet(TastemakerError):
    """Part of the service's model that this release does not do. The message names it."""

    code = "NotImplementedException"
    status = 501


class Conflict(TastemakerError):
    """Another writer changed the record between reading and writing it; nothing was written."""

    code = "ResourceInUseException"
    status = 400

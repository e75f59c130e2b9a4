"""Schemas: immutable, without a status, and shared by the whole account."""

from collections.abc import Mapping

from tastemaker import schemas
from tastemaker.control.core.declaration import Body, Request
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType


class Schema(ResourceType):
    """A schema in Avro JSON."""

    name = "Schema"
    segment = "schema"
    first_status = None
    taggable = False
    quota = "schemas"

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        schemas.parse(request["schema"], request.get("domain"))
        return super().build_body(request, referenced)

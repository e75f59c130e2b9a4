"""Schemas: immutable, without a status, for the whole account."""

from collections.abc import Mapping

from tastemaker import schemas
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Body, Kind, Request
from tastemaker.control.core.records import Record


class Schema(Kind):
    name = "Schema"
    segment = "schema"
    first_status = None
    taggable = False
    quota = "schemas"

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        schemas.parse(request["schema"], request.get("domain"))
        return super().members(desk, request, found)


def parsed(record: Record) -> schemas.Schema:
    """The fields of a schema's record."""
    return schemas.parse(record.body["schema"], record.body.get("domain"))

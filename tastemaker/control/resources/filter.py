"""Filters: checked and compiled when they are created, so that requests need no parser."""

from collections.abc import Mapping

from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Body, Kind, Reference, Request
from tastemaker.control.core.records import Record
from tastemaker.control.resources.dataset import schemas_of


class Filter(Kind):
    """Internal member: `_compiled`, the expression as `filters.Filter.load` reads it."""

    name = "Filter"
    segment = "filter"
    refers = (Reference("datasetGroupArn", "DatasetGroup"),)
    quota = "filtersPerDatasetGroup"

    @property
    def list_member(self) -> str:
        return "Filters"  # as the model spells it

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        from tastemaker import filters  # numpy and a parser: only who creates a filter waits for them

        parsed = filters.parse(request["filterExpression"])
        filters.check(parsed, schemas_of(desk, request["datasetGroupArn"]))
        return {**super().members(desk, request, found), "_compiled": parsed.dump()}

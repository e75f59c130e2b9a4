"""Filters: checked and compiled when they are created, so that requests need no parser."""

from collections.abc import Mapping

from tastemaker.contracts.filter_record import COMPILED
from tastemaker.control.core.datasets import schemas_of
from tastemaker.control.core.declaration import Body, Reference, Request
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType


class Filter(ResourceType):
    """A filter. Private member: `_compiled`, the expression in the form that `filters.load` reads."""

    name = "Filter"
    segment = "filter"
    references = (Reference("datasetGroupArn", "DatasetGroup"),)
    quota = "filtersPerDatasetGroup"

    @property
    def list_member(self) -> str:
        return "Filters"  # as the service model spells it

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        from tastemaker import filters  # imported late: it needs numpy and a parser, which take time to load

        parsed = filters.parse(request["filterExpression"])
        filters.check(parsed, schemas_of(self.context, request["datasetGroupArn"]))
        return {**super().build_body(request, referenced), COMPILED: filters.dump(parsed)}

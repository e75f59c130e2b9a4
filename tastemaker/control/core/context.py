"""The context that every resource type and workflow works in: the ports, and records through them."""

from tastemaker.control.core.declaration import Declaration
from tastemaker.control.core.ports import Ports
from tastemaker.control.core.record_finder import RecordFinder
from tastemaker.control.core.record_writer import RecordWriter


class Context:
    """What the rules need from outside.

    `ports` are the collaborators that a deployment provides. `records` finds records and `writer` stores
    them. `declarations` maps the name of each resource type to its declaration.
    """

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.declarations: dict[str, Declaration] = {}
        self.records = RecordFinder(ports.repository, ports.scope, self.declarations)
        self.writer = RecordWriter(
            ports.repository, self.records, self.declarations, self.now, ports.on_status_change
        )

    def now(self) -> float:
        """Seconds since 1970, rounded to microseconds, which is what a repository stores."""
        return round(self.ports.clock(), 6)

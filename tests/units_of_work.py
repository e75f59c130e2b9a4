"""Which tests one process of pytest-xdist runs together, and what happens when a process dies."""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

ONE_PROCESS = ("deployment", "house", "infrastructure", "training")
"""Folders whose tests share what is expensive: templates, models, imported data, syntax trees."""
ONE_PROCESS_A_FILE = ("clients", "contract", "docs", "end_to_end", "lambdas", "tastemaker")
"""Folders of which each file has fixtures or data that its tests share."""


def unit_of_work(node_id: str) -> str:
    """The tests that one process runs together: those of a folder, of a file, or one test."""
    path = node_id.partition("::")[0]
    folder = path.removeprefix("tests/").partition("/")[0]
    if folder in ONE_PROCESS:
        return folder
    return path if folder in ONE_PROCESS_A_FILE else node_id


class Units(LoadScopeScheduling):
    """Gives units of work to processes, one after another."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of_work(nodeid)

    def remove_node(self, node: Any) -> str | None:
        """Take a process out. If it crashed, its unfinished tests go to others, but for the one that ran.

        The scheduler of pytest-xdist 3.8 also puts finished units back, and waits for them forever.

        :returns: the test that ran during a crash.
        """
        unfinished = {
            name: tests for name, tests in self.assigned_work.pop(node).items() if not all(tests.values())
        }
        if not unfinished:
            return None
        tests = next(iter(unfinished.values()))
        crashed = next(test for test, done in tests.items() if not done)
        tests[crashed] = True
        self.workqueue.update({name: left for name, left in unfinished.items() if not all(left.values())})
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed

"""Tests are distributed by units of work, and a process that dies takes one test with it."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from tests.units_of_work import Units, unit_of_work

TESTS = [
    *(f"tests/training/test_job.py::test_{number}" for number in range(4)),
    *(f"tests/local/test_main.py::test_{number}" for number in range(12)),
]


class Process:
    """Stands for a process of pytest-xdist: it runs the tests that it is sent, in their order."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.shutting_down = False
        self.sent: list[int] = []

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        self.sent.extend(indices)

    def shutdown(self) -> None:
        self.shutting_down = True


@pytest.mark.parametrize(
    ("node_id", "unit"),
    [
        ("tests/training/data/test_rules.py::test_a", "training"),
        ("tests/end_to_end/test_search.py::test_a", "tests/end_to_end/test_search.py"),
        ("tests/tastemaker/test_ids.py::test_a[x::y]", "tests/tastemaker/test_ids.py"),
        ("tests/local/test_main.py::test_a[x::y]", "tests/local/test_main.py::test_a[x::y]"),
    ],
)
def test_unit_is_a_folder_or_a_file_or_a_test(node_id: str, unit: str) -> None:
    assert unit_of_work(node_id) == unit


def test_crash_loses_the_test_that_ran_and_no_other(pytestconfig: pytest.Config) -> None:
    option = SimpleNamespace(loadscopereorder=False)
    units = Units(SimpleNamespace(option=option, getvalue=lambda _: ["2*popen"]), log=None)  # type: ignore[arg-type]
    first, second, third = Process("first"), Process("second"), Process("third")
    for process in (first, second):
        units.add_node(process)
        units.add_node_collection(process, TESTS)
    units.schedule()
    done: list[str] = []

    def run(process: Process) -> None:
        index = process.sent.pop(0)
        done.append(TESTS[index])
        units.mark_test_complete(process, index)

    for _ in range(5):
        run(first)
        run(second)
    crashed = units.remove_node(first)
    units.add_node(third)
    units.add_node_collection(third, TESTS)
    units.schedule()
    while second.sent or third.sent:
        for process in (second, third):
            if process.sent:
                run(process)
    assert crashed == TESTS[first.sent[0]]
    assert sorted([*done, crashed]) == sorted(TESTS)
    assert units.tests_finished and not units.has_pending

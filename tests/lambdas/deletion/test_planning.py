"""The list of tasks is one that a distributed map can process."""

import json

from lambdas.deletion.planning import MAX_ELEMENTS, Task, bundled


def tasks_for(count: int) -> list[Task]:
    return [{"what": "events", "key": f"groups/films/events/{number}.parquet"} for number in range(count)]


def test_results_of_any_number_of_tasks_fit_into_the_output_of_a_state() -> None:
    """A map's results are the output of a state, of 256 KB at most, also if it discards them.

    https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, aws-cdk issue 24799
    """
    tasks = tasks_for(250_001)
    elements = bundled(tasks)
    found = [task["key"] for element in elements for task in element["tasks"]]
    assert len(found) == len(tasks) and set(found) == {task["key"] for task in tasks}
    results = [10**12 - 1] * len(elements)  # nearly a trillion deleted rows of each
    assert len(json.dumps(results, separators=(",", ":"))) < 262_144


def test_elements_of_several_tasks_have_as_many_files_and_no_long_task() -> None:
    """A call has 900 seconds, which 20,000 users in the tables or the versions of a folder may need alone.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    numbers = range(0, 60_000_000, 20_000)
    tables: list[Task] = [{"what": "tables", "from": first, "to": first + 20_000} for first in numbers]
    long: list[Task] = [{"what": "history", "key": "groups/films/datasets/"}, *tables]
    elements = bundled([*tasks_for(60_000), *long])
    assert len(elements) == MAX_ELEMENTS
    assert [one for one in elements if one["what"] != "several"] == long
    several = [one["tasks"] for one in elements if one["what"] == "several"]
    assert {len(tasks) for tasks in several} == {3, 4} and sum(map(len, several)) == 60_000
    assert {task["what"] for tasks in several for task in tasks} == {"events"}


def test_each_task_is_an_element_as_long_as_there_are_not_many() -> None:
    tasks = tasks_for(MAX_ELEMENTS)
    assert bundled(tasks) == tasks
    assert bundled([]) == []

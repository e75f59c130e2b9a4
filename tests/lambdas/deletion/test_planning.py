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
    assert [one for element in elements for one in element["tasks"]] == tasks
    results = [10**12] * len(elements)  # a trillion deleted rows of each
    assert len(json.dumps(results, separators=(",", ":"))) < 256 * 1024


def test_each_task_is_an_element_as_long_as_there_are_not_many() -> None:
    tasks = tasks_for(MAX_ELEMENTS)
    assert bundled(tasks) == tasks
    assert bundled([]) == []

"""The runner: order, failures, what depends on them, selection, cleanup, and the report."""

import pytest
from botocore.exceptions import ClientError

from deployment.command import CommandError
from deployment.smoke.context import CheckError, Context
from deployment.smoke.runner import Result, Step, report, run, selected


def passing(name: str, *needs: str) -> Step:
    return Step(name, name, lambda context: f"{name} is fine", needs)


def failing(name: str, error: BaseException, *needs: str) -> Step:
    def fail(context: Context) -> str:
        raise error

    return Step(name, name, fail, needs)


def outcomes(results: list[Result]) -> dict[str, str]:
    return {one.step: one.outcome for one in results}


def test_steps_run_in_order_and_say_what_they_checked(context: Context) -> None:
    results = run([passing("a"), passing("b", "a")], context)
    assert [(one.step, one.outcome, one.text) for one in results] == [
        ("a", "passed", "a is fine"),
        ("b", "passed", "b is fine"),
    ]


@pytest.mark.parametrize(
    "error",
    [
        CheckError("3 of 5"),
        CommandError("3 of 5", "do this"),
        ClientError({"Error": {"Code": "Denied", "Message": "3 of 5"}}, "Get"),
        OSError("3 of 5"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_failed_step_skips_only_the_steps_that_need_it(context: Context, error: Exception) -> None:
    steps = [failing("a", error), passing("b", "a"), passing("c", "b"), passing("d"), passing("cleanup")]
    results = run(steps, context)
    assert outcomes(results) == {
        "a": "failed",
        "b": "skipped",
        "c": "skipped",
        "d": "passed",
        "cleanup": "passed",
    }
    assert "3 of 5" in results[0].text and results[1].text == "needs a"


def test_interrupt_still_cleans_up(context: Context) -> None:
    results = run([failing("a", KeyboardInterrupt()), passing("b"), passing("cleanup")], context)
    assert outcomes(results) == {"a": "failed", "b": "skipped", "cleanup": "passed"}


def test_keep_leaves_everything_and_names_it(context: Context) -> None:
    results = run([passing("a"), passing("cleanup")], context, keep=True)
    assert results[1].outcome == "skipped" and context.run in results[1].text


def test_only_selects_a_step_what_it_needs_and_the_cleanup() -> None:
    steps = [passing("a"), passing("b", "a"), passing("c"), passing("d", "b"), passing("cleanup")]
    assert [step.name for step in selected(steps, ["d"])] == ["a", "b", "d", "cleanup"]
    assert selected(steps, []) == steps
    with pytest.raises(CommandError, match="no step nope") as caught:
        selected(steps, ["nope"])
    assert "a, b, c, d, cleanup" in caught.value.remedy


def test_report_says_whether_the_deployment_works() -> None:
    good = [Result("a", "passed", 1.25, "fine"), Result("b", "passed", 0.5, "fine")]
    assert report(good).endswith("All 2 steps passed.")
    bad = report([*good, Result("c", "failed", 2.0, "3 of 5"), Result("d", "skipped", 0.0, "needs c")])
    assert "Failed: c." in bad and "Skipped: d." in bad and "3 of 5" in bad

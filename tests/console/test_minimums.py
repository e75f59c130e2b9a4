"""The minimums of a training, from the reports of imports."""

from console.minimums import Step, training_steps


def figures(steps: list[Step]) -> dict[str, tuple[int | None, int, bool]]:
    return {step.name: (step.value, step.least, step.done) for step in steps}


def test_custom_group_needs_interactions_and_users() -> None:
    found = {"rows": 1_200, "reports": [{"activeUsers": 20, "eventTypes": {"view": 1_200}}]}
    assert figures(training_steps(found)) == {
        "Interactions": (1_200, 1_000, True),
        "Users with two interactions": (20, 25, False),
    }


def test_domain_group_also_needs_events_of_the_types_of_its_use_cases() -> None:
    reports = [
        {"activeUsers": 30, "eventTypes": {"View": 700}},
        {"eventTypes": {"view": 300, "Purchase": 40}},
    ]
    found = figures(training_steps({"rows": 1_040, "reports": reports}, "ECOMMERCE"))
    assert found["View events"] == (1_000, 1_000, True)
    assert found["Purchase events"] == (40, 1_000, False)


def test_unknown_number_of_users_is_not_shown_as_zero() -> None:
    assert list(figures(training_steps({"rows": 5, "reports": [{"rows": 5}]}))) == ["Interactions"]
    assert figures(training_steps({}))["Users with two interactions"] == (0, 25, False)

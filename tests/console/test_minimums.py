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


def test_events_that_earlier_releases_did_not_count_are_left_out() -> None:
    reports = [{"activeUsers": 30}, {"activeUsers": 30, "eventTypes": {"view": 1_000, "purchase": 40}}]
    found = figures(training_steps({"rows": 5_000, "reports": reports}, "ECOMMERCE"))
    assert "View events" in found and "Purchase events" not in found


def test_users_of_several_reports_are_shown_as_a_lower_limit() -> None:
    steps = training_steps({"rows": 5, "reports": [{"activeUsers": 20}, {"activeUsers": 10}]})
    (users,) = [step for step in steps if step.name == "Users with two interactions"]
    assert users.value == 20 and "at least as many as shown" in users.text


def test_unknown_number_of_users_is_not_shown_as_zero() -> None:
    assert list(figures(training_steps({"rows": 5, "reports": [{"rows": 5}]}))) == ["Interactions"]
    assert figures(training_steps({}))["Users with two interactions"] == (0, 25, False)

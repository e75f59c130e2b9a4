from infrastructure.workflows.mailing import HOURS
from lambdas.declaring.mailings import LONGEST_PAUSE_SECONDS


def test_history_of_the_longest_mailing_is_below_the_limit_of_step_functions() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: 25,000 events."""
    events_of_a_look = 9  # a task has 5, the choice and the wait 2 each
    assert HOURS * 3600 / LONGEST_PAUSE_SECONDS * events_of_a_look < 25_000

import pytest

from console.jobs import REMEDY, remedy


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("The role arn:aws:iam::1:role/x cannot be assumed", "trust policy"),
        ("Input CSV is missing the following columns: [AGE]", "Rename the columns"),
        ("s3://b/x.csv, line 7: TIMESTAMP abc is not a number", "Correct the line"),
        ("There are no files at s3://b/none/: the bucket does not exist", "Check the location"),
    ],
)
def test_failure_has_a_remedy(reason: str, advice: str) -> None:
    assert advice in remedy(reason)


def test_unknown_failure_has_the_general_remedy() -> None:
    assert remedy("Something else") == REMEDY

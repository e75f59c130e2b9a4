"""What is shown of a declaration."""

import pytest

from cli.declarations.output import show_existing
from cli.output import Output


@pytest.mark.parametrize(("status", "hinted"), [("CREATE PENDING", True), ("ACTIVE", False), (None, False)])
def test_pending_resources_come_with_the_way_to_wait(
    status: str | None, hinted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    one = {
        "id": "campaigns.home",
        "name": "home",
        "status": status,
        "arn": "arn:aws:personalize:::campaign/home",
    }
    show_existing(Output(as_json=False), [one])
    shown = capsys.readouterr()
    assert "campaign/home" in shown.out and ("--wait waits for it" in shown.err) == hinted

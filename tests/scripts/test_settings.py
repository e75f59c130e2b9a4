"""docs/settings.md lists every setting with its default."""

from infrastructure.stage import settings
from scripts.settings import PAGE, page


def test_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m scripts.settings"


def test_every_setting_has_a_row() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(list(settings()))

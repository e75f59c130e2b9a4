"""What a terminal shows of what Rich writes."""

from scripts.terminal_screen import Screen, Style


def shown(screen: Screen, at: float) -> list[str]:
    """The rows at a moment."""
    rows = {
        one.row: "".join(text for text, _ in one.runs)
        for one in screen.versions
        if one.since <= at and (one.until is None or at < one.until)
    }
    return [rows.get(number, "") for number in range(max(rows, default=-1) + 1)]


def test_progress_bar_is_replaced_by_its_result() -> None:
    screen = Screen()
    screen.feed("Train 10 %", 0.0)
    screen.feed("\r\x1b[2KTrain 90 %", 1.0)
    screen.feed("\r\x1b[2K\x1b[32m\u2713 \x1b[0mTrain\r\nNext\r\n", 2.0)
    assert [shown(screen, at) for at in (0.5, 1.5, 2.5)] == [
        ["Train 10 %"],
        ["Train 90 %"],
        ["\u2713 Train", "Next"],
    ]
    assert screen.versions[-2].runs[0] == ("\u2713 ", Style(color=2))


def test_rows_above_are_written_again_after_moves() -> None:
    screen = Screen()
    screen.feed("one\r\ntwo\r\n", 0.0)
    screen.feed("\x1b[2A\r\x1b[2Knew", 1.0)
    assert shown(screen, 1.0) == ["new", "two"]
    assert [row for _, row in screen.bottoms] == [1]


def test_colors_and_weights_end_with_a_reset() -> None:
    assert Style().changed("1;31") == Style(1, bold=True)
    assert Style(1, bold=True).changed("0") == Style()
    assert Style(3, bold=True).changed("22") == Style(3)

"""Tables and texts."""

import io

from cli.output import Output


def printed(write) -> str:
    stream = io.StringIO()
    write(Output(out=stream, err=stream))
    return stream.getvalue()


def test_columns_are_aligned_without_blanks_at_the_end() -> None:
    rows = [["a", 1200], ["long name", 3]]
    assert printed(lambda output: output.table(["name", "rows"], rows, right=[1])) == (
        "name        rows\na          1,200\nlong name      3\n"
    )


def test_output_that_is_not_a_terminal_is_not_cut() -> None:
    name = "x" * 150
    assert name in printed(lambda output: output.table(["name"], [[name]]))


def test_control_characters_become_blanks() -> None:
    assert printed(lambda output: output.line("a\x1b[31mb\nc")) == "a [31mb c\n"

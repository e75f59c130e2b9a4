"""A program is recorded in a terminal, and the picture that is committed is a recording."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from scripts import recording

ASKS = "import sys; print(sys.stdout.isatty()); input('Press Enter'); print('done')"


def test_program_runs_in_a_terminal_and_its_question_is_answered(tmp_path: Path) -> None:
    events = recording.record([sys.executable, "-c", ASKS], tmp_path)
    text = "".join(text for _, text in events)
    assert text.startswith("True") and "done" in text


def test_failed_program_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="wrong"):
        recording.record([sys.executable, "-c", "import sys; sys.exit('wrong')"], tmp_path)


def test_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    events = [(0.5, "a\r\n"), (100.0, "\x1b[31mb")]
    recording.write_cast(tmp_path / "one.cast", events)
    assert recording.read_cast(tmp_path / "one.cast") == events


def test_waits_are_shortened_and_nothing_is_lost() -> None:
    paced = list(recording.paced([(0.1, "a\r\n"), (500.0, "b"), (500.01, "c\r\n")]))
    assert "".join(text for _, text in paced).endswith("\r\na\r\nbc\r\n")
    assert paced[-1][0] < 20 and [at for at, _ in paced] == sorted(at for at, _ in paced)


def test_picture_of_the_readme_is_small_and_shows_the_command() -> None:
    picture = recording.PICTURE.read_bytes()
    assert len(picture) <= recording.MAX_BYTES
    words = "".join(ET.fromstring(picture).itertext())
    assert recording.COMMAND in words and "Lists for users" in words

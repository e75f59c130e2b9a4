"""Record `tastemaker try` in a terminal: docs/images/try.svg, and build/try.cast for asciinema.

    python -m scripts.recording            records a run of the shop of the guides (a minute or two)
    python -m scripts.recording --cast F   draws the picture of a recording that exists

The run is real. Waits are shortened, so that the picture plays in less than a minute.
"""

from __future__ import annotations

import argparse
import codecs
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from scripts.terminal_svg import Event, draw

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "try.svg"
CAST = ROOT / "build" / "try.cast"
MAX_BYTES = 150_000
COMMAND = "tastemaker try interactions.csv --items items.csv"
PROMPT = "Press Enter"
LEFT_OUT = ("NO_COLOR", "COLORTERM", "COLUMNS", "LINES")
"""Variables that would change colors or the size of the terminal."""
COLUMNS, LINES = 112, 26
SPEED, MAX_WAIT, FRAME_SECONDS = 0.05, 1.0, 0.5
"""How much of a wait is shown, the longest in seconds, and how long a state of a progress bar stays."""
NEW_STATE = "\r\x1b[2K"
"""How Rich begins to write the next state of a progress bar."""
LINE_SECONDS, LETTER_SECONDS, END_SECONDS = 0.14, 0.04, 6.0


def record(command: Sequence[str], folder: Path) -> list[Event]:
    """Run a program in a terminal of its own, press Enter if it asks, and return what it wrote.

    Raises RuntimeError with its last words if it fails.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    environment = {**kept, "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    events, started, asked = list[Event](), time.monotonic(), False
    decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a read can end within a character
    while process.poll() is None or select.select([ours], [], [], 0)[0]:
        if not select.select([ours], [], [], 0.1)[0]:
            continue
        try:
            read = os.read(ours, 65536)
        except OSError:  # the program has closed its terminal: Linux
            break
        if not read:  # the same on other systems
            break
        events.append((time.monotonic() - started, decoder.decode(read)))
        if not asked and PROMPT in "".join(text for _, text in events[-2:]):
            asked = True
            time.sleep(1.0)
            os.write(ours, b"\n")
    os.close(ours)
    if process.wait():
        raise RuntimeError("".join(text for _, text in events)[-2000:])
    return events


def paced(events: Iterable[Event]) -> Iterator[Event]:
    """The events at a pace for readers: the command is typed, lines come one by one, and waits are short."""
    yield 0.0, "\x1b[32m$\x1b[0m "
    at = 0.8
    for letter in COMMAND:
        yield at, letter
        at += LETTER_SECONDS
    yield at, "\r\n"
    before, waiting, shown_at = 0.0, "", at
    for time_of, text in events:
        at += min((time_of - before) * SPEED, MAX_WAIT)
        before = time_of
        waiting = text if _replaces(text, waiting) else waiting + text
        if "\n" not in text and at - shown_at < FRAME_SECONDS:
            continue
        for line in re.findall(r"[^\n]*\n|[^\n]+", waiting):
            yield at, line
            at += LINE_SECONDS if line.endswith("\n") else 0.0
        waiting, shown_at = "", at
    yield at, waiting
    yield at + END_SECONDS, ""


def _replaces(text: str, before: str) -> bool:
    """Whether a state of a progress bar replaces the one before it, which nobody needs to see then."""
    return "\n" not in before and text.startswith(NEW_STATE) and before.startswith(NEW_STATE)


def write_cast(path: Path, events: Iterable[Event]) -> None:
    """Write a recording in asciinema's format, version 2."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {"version": 2, "width": COLUMNS, "height": LINES, "title": COMMAND}
    lines = [json.dumps(header), *(json.dumps([round(at, 3), "o", text]) for at, text in events)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_cast(path: Path) -> list[Event]:
    """Read the output of a recording in asciinema's format."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [(row[0], row[2]) for row in rows if row[1] == "o"]


def _recorded() -> list[Event]:
    from demo import shop

    with tempfile.TemporaryDirectory() as folder:
        shop.write(Path(folder))
        arguments = [*COMMAND.split()[1:], "--no-console"]
        return record([sys.executable, "-m", "cli", *arguments], Path(folder))


def main(argv: list[str] | None = None) -> int:
    """Record, and draw. Returns 1 if the picture is too large for a repository."""
    parser = argparse.ArgumentParser(prog="python -m scripts.recording", description=__doc__)
    parser.add_argument("--cast", type=Path, help="a recording that exists, instead of a new one")
    given = parser.parse_args(argv).cast
    if given is None:
        write_cast(CAST, _recorded())
    picture = draw(paced(read_cast(given or CAST)), title=COMMAND, columns=COLUMNS, lines=LINES)
    if len(picture.encode()) > MAX_BYTES:
        print(f"The picture has {len(picture.encode()):,} bytes, more than {MAX_BYTES:,}.", file=sys.stderr)
        return 1
    PICTURE.write_text(picture, encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)}  {len(picture.encode()) / 1000:.0f} KB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

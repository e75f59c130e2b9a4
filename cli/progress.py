"""Progress on a terminal: a bar or a spinner that disappears. Without a terminal, one line at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from cli.output import Output, printable


@contextmanager
def counting(output: Output, title: str) -> Iterator[Callable[[int], None]]:
    """Show a growing number while the block runs."""
    if not output.err.is_terminal:
        yield lambda rows: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=output.err, transient=True) as shown:
        task = shown.add_task(title, total=None)
        yield lambda rows: shown.update(task, description=f"{title}: {rows:,}")


@dataclass
class Step:
    """A step that takes a while. `show` shows what happens now, and `share` how much of it is done."""

    title: str
    output: Output
    started: float
    _progress: Progress | None = None
    _task: TaskID | None = None
    last: str = ""

    def show(self, text: str, share: float | None = None) -> None:
        """Show what happens now."""
        self.last = text
        if self._progress is not None and self._task is not None:
            room = max(self.output.err.width - len(self.title) - 34, 10)
            self._progress.update(
                self._task,
                detail=printable(text)[:room],
                completed=None if share is None else 100 * share,
                total=100 if share is not None else None,
            )

    @property
    def seconds(self) -> float:
        """The seconds since the step began."""
        return time.monotonic() - self.started


@contextmanager
def step(output: Output, title: str) -> Iterator[Step]:
    """Show a step while the block runs, and a line with its duration after it."""
    found = Step(title, output, time.monotonic())
    mark, style = "✓", "green"
    try:
        if output.err.is_terminal:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(16),
                TimeElapsedColumn(),
                TextColumn("{task.fields[detail]}", style="dim", markup=False),
            )
            with Progress(*columns, console=output.err, transient=True) as shown:
                found._progress, found._task = shown, shown.add_task(title, total=None, detail="")
                yield found
        else:
            yield found
    except BaseException:
        mark, style = "✗", "red"
        raise
    finally:
        ended = f"{found.seconds:.1f} s" if found.seconds < 90 else f"{found.seconds / 60:.1f} min"
        output.err.print(Text.assemble((f"{mark} ", style), printable(found.title), (f"  {ended}", "dim")))

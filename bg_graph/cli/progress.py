"""How far the work on files is, shown on the terminal."""

from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class Bar:
    """Progress on the terminal: one line for each file, with rows, rate and time left."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f}/s"),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = TaskID(0)
        self._rows = 0
        self._began = 0.0

    def __enter__(self) -> "Bar":
        self._bars.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._bars.stop()

    def started(self, file: Path, total_bytes: int) -> None:
        """Begin the line of a file."""
        self._rows, self._began = 0, perf_counter()
        self._task = self._bars.add_task(file.name, total=max(total_bytes, 1), rows=0, rate=0.0)

    def advanced(self, read_bytes: int, rows: int) -> None:
        """Move the bar on."""
        self._rows += rows
        rate = self._rows / max(perf_counter() - self._began, 1e-3)
        self._bars.update(self._task, advance=read_bytes, rows=self._rows, rate=rate)

    def finished(self) -> None:
        """Fill the bar."""
        total = next((task.total for task in self._bars.tasks if task.id == self._task), None)
        self._bars.update(self._task, completed=total)

"""The terminal: prefixed log lines, one line of progress below them, and colours where they are wanted."""

import os
import sys
from collections import deque
from typing import IO, Any

RESET = "\x1b[0m"
BOLD = "\x1b[1m"
DIM = "\x1b[2m"
RED = "\x1b[31m"
GREEN = "\x1b[32m"
COLOURS = {"web": "\x1b[36m", "worker": "\x1b[33m", "beat": "\x1b[35m", "liftos": GREEN}
ERASE_LINE = "\r\x1b[K"
# Enough for a traceback.
REMEMBERED_LINES = 40


class Console:
    """Writes lines to a terminal or a file.

    Output goes out unbuffered and a vanished terminal is no error: the launcher must live to stop what it started.
    """

    def __init__(self, stream: IO[str] | None = None) -> None:
        stream = stream or sys.stdout
        self.terminal = stream.isatty()
        self._colour = self.terminal and "NO_COLOR" not in os.environ
        self._descriptor = stream.fileno()
        self._progress = ""

    def paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{RESET}" if self._colour else text

    def say(self, text: str = "") -> None:
        """Write a line, above the progress if some is shown."""
        if not self.terminal:
            self._write(f"{text}\n")
            return
        self._write(f"{ERASE_LINE if self._progress else ''}{text}\n{self._progress}")

    def log(self, source: str, text: str) -> None:
        """Write a line of a process, with its name in front."""
        self.say(f"{self.paint(COLOURS.get(source, BOLD), f'{source:<6} |')} {text}")

    def progress(self, text: str, seconds: float) -> None:
        """Show one line that is overwritten; where lines cannot be overwritten, write it when its text changes."""
        if not self.terminal:
            if text != self._progress:
                self._progress = text
                self._write(f"{text}\n")
            return
        width = os.get_terminal_size(self._descriptor).columns if self.terminal else 80
        self._progress = f"{text} ({seconds:.0f} s)"[: max(width - 1, 20)]
        self._write(f"{ERASE_LINE}{self._progress}")

    def progress_end(self) -> None:
        if self.terminal and self._progress:
            self._write(ERASE_LINE)
        self._progress = ""

    def _write(self, text: str) -> None:
        try:
            data = text.encode(errors="replace")
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            # The terminal was closed or the reader has gone.
            return


class LogStream:
    """Receives a process's output from circus in pieces and writes it by lines; remembers the last ones."""

    def __init__(self, console: Console, source: str) -> None:
        self.recent: deque[str] = deque(maxlen=REMEMBERED_LINES)
        self._console = console
        self._source = source
        # Standard output and standard error arrive separately, and each may stop in the middle of a line.
        self._partial = {"stdout": b"", "stderr": b""}

    def __call__(self, piece: dict[str, Any]) -> None:
        """Take `{"name": "stdout" or "stderr", "data": bytes, "pid": int}`, as circus gives it."""
        *lines, rest = (self._partial[piece["name"]] + piece["data"]).split(b"\n")
        self._partial[piece["name"]] = rest
        for line in lines:
            self._line(line)

    def finish(self) -> None:
        """Write what a process that has ended left without an end of line."""
        for name, rest in self._partial.items():
            if rest:
                self._line(rest)
            self._partial[name] = b""

    def _line(self, line: bytes) -> None:
        # A progress bar overwrites itself; its last state is what counts.
        text = line.decode(errors="replace").rstrip("\r").rpartition("\r")[2]
        if not text.strip():
            return
        self.recent.append(text)
        self._console.log(self._source, text)

"""All tests but the slow ones: `python -m deploy.dev.tests`. Ends with how many there were, and which have failed."""

import re
import subprocess
import sys
import time
from dataclasses import dataclass, field

from deploy.dev.console import BOLD, DIM, GREEN, RED, Console
from deploy.dev.state import REPOSITORY

_COLOR = re.compile(r"\x1b\[[0-9;]*m")
# A line that names a test which has failed: of pytest, of Playwright, of Vitest.
_FAILED = re.compile(r"^(?:(?:FAILED|ERROR) (?P<pytest>\S+)|\s*✘\s+\d+ (?P<browser>.+)|\s*FAIL\s+(?P<part>\S.+))")
# "408 passed in 107.49s", "110 passed (14.2m)", "Tests  188 passed (188)".
_PASSED = re.compile(r"(?:^|\s)(\d+) passed\b")
_FILES = re.compile(r"Test Files")


@dataclass
class Part:
    name: str
    command: tuple[str, ...]
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    code: int = 0
    seconds: float = 0.0

    def run(self) -> None:
        """Run it, its output as it is."""
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-u", "-m", *self.command],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdout is not None  # noqa: S101 - it was asked for
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            self.read(line)
        self.code = process.wait()
        self.seconds = time.monotonic() - began

    def read(self, line: str) -> None:
        """Note what a line of the output says of tests."""
        line = _COLOR.sub("", line.rstrip())
        if found := _FAILED.match(line):
            name = next(filter(None, found.groups()))
            self.failed += [] if name in self.failed else [name]
        elif (found := _PASSED.search(line)) and not _FILES.search(line):
            self.passed += int(found[1])


def main() -> int:
    console = Console()
    parts = [
        Part("dashboard", ("deploy.dev.frontend", "test")),
        Part("modules", ("pytest", "-n", "2", "modules")),
        Part("platform", ("pytest", "-n", "2", "-m", "not slow")),
    ]
    for part in parts:
        # All run, whatever the others say.
        part.run()
    console.say(console.paint(BOLD, "All tests"))
    for part in parts:
        verdict = console.paint(GREEN, "passed") if part.code == 0 else console.paint(RED, "failed")
        console.say(f"  {part.name}: {verdict}, {part.passed} tests passed, {len(part.failed)} failed")
        console.say(console.paint(DIM, f"    {part.seconds:.0f} s"))
        for name in part.failed:
            console.say(f"    {name}")
    return int(any(part.code != 0 for part in parts))


if __name__ == "__main__":
    sys.exit(main())

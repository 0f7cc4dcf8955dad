"""Every silenced finding of a checker names the finding and gives its reason, on its line."""

import re
import subprocess

from deploy.dev.state import REPOSITORY

_ANY = re.compile(r"#\s*(?:noqa|type:\s*ignore)|nosec|pragma: no cover|mark\.(?:skip|xfail)")
_REASONED = re.compile(r"#\s*noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)* - \S.+|#\s*type: ignore\[[a-z-]+\]  # \S.+")


def _lines() -> list[tuple[str, str]]:
    names = subprocess.run(
        ["git", "ls-files", "*.py"],  # noqa: S607 - git is how this file got here
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    return [
        (f"{name}:{number}", line)
        for name in names
        if name != "tests/unit/test_suppressions.py"
        for number, line in enumerate((REPOSITORY / name).read_text().splitlines(), start=1)
    ]


def test_suppressions_carry_their_reason() -> None:
    silenced = [(place, line) for place, line in _lines() if _ANY.search(line)]
    assert len(silenced) > 10
    assert [place for place, line in silenced if not _REASONED.search(line)] == []

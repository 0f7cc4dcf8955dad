import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("liftos/**/*.py"), *ROOT.glob("apps/**/*.py"), *ROOT.glob("deploy/dev/*.py")])
LISTED = re.compile(r"^#?([A-Z][A-Z0-9_]*)=", re.MULTILINE)
RESERVED = re.compile(r"^# Reserved names, which nothing reads yet: (.*)$", re.MULTILINE)
# The readers of django-environ, and those of os.environ.
READERS = {"str", "int", "float", "bool", "list", "db", "email_url", "get", "json", "dict", "url", "path"}
# Names that other programs define, or that the launcher itself gives its processes.
FOREIGN = {"DJANGO_SETTINGS_MODULE", "PYTHONWARNINGS", "LIFTOS_RUN"}


def variables_read(source: str) -> Iterator[str]:
    """Yield NAME of `env.str("NAME")`, `os.environ.get("NAME")`, `os.environ["NAME"]` and `"NAME" in os.environ`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=reader), args=[ast.Constant(value=str(name)), *_]):
                if reader in READERS and _is_environment(owner):
                    yield name
            case ast.Subscript(value=owner, slice=ast.Constant(value=str(name))) if _is_environment(owner):
                yield name
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[owner]) if _is_environment(owner):
                yield name
            case _:
                continue


def _is_environment(node: ast.expr) -> bool:
    return ast.unparse(node) in {"env", "os.environ"}


def example() -> str:
    return (ROOT / ".env.example").read_text()


def test_every_variable_that_the_code_reads_is_listed() -> None:
    read = {name for path in SOURCES for name in variables_read(path.read_text())}
    assert {"SECRET_KEY", "DATABASE_URL", "PORT", "EMAIL_URL", "NO_COLOR"} <= read
    assert read - FOREIGN - set(LISTED.findall(example())) == set()


def test_every_listed_variable_is_read() -> None:
    read = {name for path in SOURCES for name in variables_read(path.read_text())}
    # The installer is a shell script, and some are Compose's.
    by_compose = {"PROMETHEUS_PORT", "GRAFANA_PORT", "GRAFANA_PASSWORD"}
    compose = (ROOT / "deploy" / "compose" / "compose.yaml").read_text()
    assert all(f"${{{name}:" in compose for name in by_compose)
    assert set(LISTED.findall(example())) - read == {"PYTHON"} | by_compose


def test_reserved_names_are_not_read_yet() -> None:
    read = {name for path in SOURCES for name in variables_read(path.read_text())}
    reserved = RESERVED.search(example())
    assert reserved is not None
    assert set(reserved[1].split()) & (read | set(LISTED.findall(example()))) == set()


def test_every_variable_has_a_comment_before_it() -> None:
    lines = example().splitlines()
    for before, line in pairwise(lines):
        if LISTED.match(line):
            assert before.startswith("#"), line


@pytest.mark.parametrize(
    "source", ['env.str("A", default="")', 'os.environ.get("A")', 'os.environ["A"]', 'x = "A" not in os.environ']
)
def test_all_ways_of_reading_are_found(source: str) -> None:
    assert list(variables_read(source)) == ["A"]

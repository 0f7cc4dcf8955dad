"""The catalogue, its page, and what the code emits are the same."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.events.catalogue import EVENTS, UnknownEvent, event_check
from apps.registry.engine.manifest import PLATFORM_AREAS
from tests.contracts.events_page import PAGE, page

APPS = Path(__file__).resolve().parents[2] / "apps"


def test_the_page_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text() == page(), "write it anew with `make openapi`"


def _texts() -> Iterator[str]:
    """Yield every text of the code outside the catalogue: names of events come in many ways."""
    for file in APPS.rglob("*.py"):
        if file.name == "catalogue.py" or "migrations" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_event_of_the_catalogue_is_emitted_somewhere() -> None:
    texts = set(_texts())
    assert [name for name in EVENTS if name not in texts] == []


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_name_says_what_happened_to_what(name: str) -> None:
    noun, _, verb = name.partition(".")
    assert noun.replace("_", "").isalpha()
    assert verb.replace("_", "").isalpha()
    assert EVENTS[name].description.endswith(".")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("no.such", {}),
        ("role.deleted", {}),
        ("role.deleted", {"role": 1}),
        ("role.deleted", {"role": "x", "secret": "y"}),
        ("session.opened", {"methods": ["a", 1]}),
    ],
)
def test_what_is_not_in_the_catalogue_cannot_be_emitted(name: str, data: dict[str, object]) -> None:
    with pytest.raises(UnknownEvent):
        event_check(name, data)


def test_modules_cannot_bring_permissions_of_these_areas() -> None:
    assert {"events", "webhooks", "audit"} <= PLATFORM_AREAS

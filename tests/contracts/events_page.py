"""The page `docs/api/events.md`: every event with its meaning and its data, made of the catalogue."""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from apps.events.catalogue import EVENTS, EventType

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api" / "events.md"
HEAD = """# Events

Every event is told of in the transaction of what it tells of, so it exists exactly if that does. `GET /api/v1/events`
is the feed of them, `/api/v1/events/stream` and `/api/v1/memory/stream` tell of them live, webhooks bring
them to a server of yours, and the audit trail keeps them ([guide](../guides/events.md)). `GET /api/v1/events/types`
has this page as JSON Schema.

This page is made of `apps/events/catalogue.py`: write it anew with `make openapi`.
"""
NOTE = "Only in the audit trail: it is no organisation's business alone, or nobody's but the operators'."


def page() -> str:
    parts = [HEAD]
    for area, group in groupby(sorted(EVENTS.items()), key=lambda item: item[0].partition(".")[0]):
        parts.append(f"\n## {area}\n")
        parts += [_event(name, kind) for name, kind in group]
    return "".join(parts)


def _event(name: str, kind: EventType) -> str:
    lines = [f"\n### `{name}`\n", f"{kind.description}"]
    if not kind.in_feed:
        lines.append(f" {NOTE}")
    lines.append("\n")
    fields = [*_fields(kind.data, ""), *_fields(kind.optional, ", not always")]
    if fields:
        lines += ["\n", *fields]
    return "".join(lines)


def _fields(data: Mapping[str, Mapping[str, Any]], note: str) -> list[str]:
    return [f"- `{name}`: {_type(schema)}{note}\n" for name, schema in data.items()]


def _type(schema: Mapping[str, Any]) -> str:
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if schema.get("format"):
        kinds = [schema["format"] if kind == "string" else kind for kind in kinds]
    if kinds == ["array"]:
        return f"list of {_type(schema['items'])}s"
    return " or ".join(kinds)


def main() -> None:
    PAGE.write_text(page())


if __name__ == "__main__":
    main()

"""The operators' commands with what a folder really holds."""

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import Memory


def ingest(path: Path, organization: Organization) -> dict[str, Any]:
    """Run the command; return its report, which it prints before it complains of failed texts."""
    out = StringIO()
    try:
        call_command("ingest", path, organization=organization.slug, as_json=True, stdout=out)
    except CommandError:
        if not out.getvalue():
            raise
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def test_what_cannot_be_read_does_not_stop_the_rest(
    acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good.md").write_text("A good text.")
    (tmp_path / "locked.txt").write_text("Nobody may read it.")
    (tmp_path / "rows.jsonl").write_text('{"content": "one", "metadata": 5}\n{"content": "two", "metadata": null}\n')
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("A name in Latin-1.")
    opened = Path.open

    def refuse(path: Path, *arguments: Any, **more: Any) -> Any:
        if path.name == "locked.txt":
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **more)

    # Tests may run as root, whom no mode keeps out.
    monkeypatch.setattr(Path, "open", refuse)
    report = ingest(tmp_path, acme)
    assert (report["total"], report["done"], report["failed"]) == (5, 2, 3)
    assert "locked.txt: the file cannot be read: Permission denied." in [one["detail"] for one in report["errors"]]
    with organization_scope(acme.id):
        stored = set(Memory.objects.values_list("content", "external_id"))
    assert {("A good text.", "good.md#1"), ("A name in Latin-1.", "caf?.txt#1")} <= stored


def test_a_path_that_is_not_there_is_said_so(acme: Organization, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no file or folder"):
        ingest(tmp_path / "missing", acme)


def test_a_number_of_workers_that_makes_no_sense(db: None) -> None:
    with pytest.raises(CommandError, match="at least 1"):
        call_command("migrate_tenants", workers=0)

"""Verify the audit trail: all chains, or that of one organisation."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.models import PLATFORM
from apps.audit.selectors import Verified, chain_verify, owners
from apps.audit.services.heads import HeadsUnreadable, heads_read
from apps.core.tenancy.scope import public_scope


class Command(BaseCommand):
    help = "Find the first entry of each audit chain that is not as it was written. Ends with 1 if there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", type=UUID, help="the id of one organisation; all chains without it")
        parser.add_argument("--heads", type=Path, help="a file of signed heads; AUDIT_HEADS_FILE without it")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print the result as one JSON object")

    def handle(self, *, organization: UUID | None, heads: Path | None, as_json: bool, **options: Any) -> None:
        del options
        try:
            anchors = self._anchors(heads)
        except HeadsUnreadable as error:
            raise CommandError(str(error)) from None
        results: dict[str, Verified] = {}
        with public_scope():
            # A chain that only the file knows was deleted as a whole.
            wanted = [str(organization)] if organization else sorted({*owners(), *anchors} or {PLATFORM})
            for number, owner in enumerate(wanted, 1):
                results[owner] = chain_verify(owner=owner, anchors=anchors.get(owner))
                if not as_json:
                    self.stdout.write(f"{number}/{len(wanted)} {owner}: {_text(results[owner])}")
        if as_json:
            self.stdout.write(json.dumps({owner: _json(found) for owner, found in results.items()}))
        bad = [owner for owner, found in results.items() if found.fault]
        if bad:
            raise CommandError(f"{len(bad)} of {len(results)} chains are not as they were written")

    def _anchors(self, file: Path | None) -> dict[str, dict[int, bytes]]:
        if file is None:
            file = Path(settings.AUDIT_HEADS_FILE) if settings.AUDIT_HEADS_FILE else None
            if file is None or not file.exists():
                return {}
        return heads_read(file)


def _text(found: Verified) -> str:
    if found.fault:
        return f"entry {found.fault.position} is {found.fault.reason}"
    return f"{found.checked} entries, all as they were written"


def _json(found: Verified) -> dict[str, Any]:
    fault = found.fault
    return {
        "valid": fault is None,
        "checked": found.checked,
        "first_bad": {"position": fault.position, "reason": fault.reason} if fault else None,
    }

"""The ends of all chains, signed and kept outside the database: what was there once cannot be denied later."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from apps.audit.keys import public_keys, signature_fits
from apps.audit.models import AuditChain
from apps.audit.selectors import chain_head

# Of PostgreSQL's advisory locks, ours for this.
_LOCK = 0x11F7_0002


class HeadsUnreadable(Exception):
    """A file of heads is not one, or was altered; the text says where."""


@transaction.atomic
def heads_export(*, file: Path, now: datetime) -> int:
    """Append a line for each chain that has grown since its last line in the file; return how many."""
    with connection.cursor() as cursor:
        # Two schedulers write one after the other.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    # Later lines go further. Whether they are genuine is asked by who believes them.
    known = {str(line.get("owner")): line.get("position") for _, line in _lines(file)} if file.exists() else {}
    keys = public_keys()
    lines = []
    for owner, position in AuditChain.objects.order_by("owner").values_list("owner", "position"):
        head = chain_head(owner=owner) if position != known.get(owner) else None
        if head is None or not head.signature:
            continue
        lines.append(
            {
                "owner": owner,
                "position": head.position,
                "hash": head.hash.hex(),
                "signature": base64.b64encode(head.signature).decode(),
                "key_id": head.key_id,
                "public_key": base64.b64encode(keys[head.key_id]).decode(),
                "exported_at": now.isoformat(),
            }
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.writelines(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    return len(lines)


def heads_read(file: Path) -> dict[str, dict[int, bytes]]:
    """Return the hashes of a file by owner and position; raises `HeadsUnreadable` for a line that is not signed."""
    found: dict[str, dict[int, bytes]] = {}
    for number, line in _lines(file):
        try:
            owner, position, hash_ = str(line["owner"]), int(line["position"]), bytes.fromhex(line["hash"])
            key, signature = base64.b64decode(line["public_key"]), base64.b64decode(line["signature"])
            is_signed = signature_fits({"key": key}, "key", hash_, signature)
        except (KeyError, TypeError, ValueError):
            raise HeadsUnreadable(f"line {number} is not a head") from None
        if not is_signed:
            raise HeadsUnreadable(f"line {number} is not signed by the key that it names")
        found.setdefault(owner, {})[position] = hash_
    return found


def _lines(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise HeadsUnreadable(f"the file cannot be read: {error}") from None
    for number, line in enumerate(text.splitlines(), 1):
        try:
            yield number, json.loads(line)
        except ValueError:
            raise HeadsUnreadable(f"line {number} is no JSON") from None

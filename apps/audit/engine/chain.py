"""Hash chains with signatures, without a database: how entries are linked, and how a change is found.

An entry's hash is SHA-256 over the hash before it and the entry in a canonical JSON: keys sorted, no spaces, UTF-8.
Each hash is signed (Ed25519). Since a hash stands for all that comes before it, one good signature at the end vouches
for the whole chain; and of a chain that was rewritten without the key, the first entry whose signature does not fit its
hash is the first that was touched.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# Before the first entry.
START = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """What of an entry is hashed; `hash` and `signature` are what was kept of it."""

    owner: str
    position: int
    event_id: str
    action: str
    actor_kind: str
    actor_id: str
    subject_kind: str
    subject_id: str
    data: Mapping[str, Any]
    request_id: str
    ip: str | None
    occurred_at: datetime
    recorded_at: datetime
    hash: bytes = b""
    signature: bytes = b""
    key_id: str = ""

    def content(self) -> dict[str, Any]:
        """Return the fields that the hash covers, as JSON values."""
        return {
            "owner": self.owner,
            "position": self.position,
            "event_id": self.event_id,
            "action": self.action,
            "actor_kind": self.actor_kind,
            "actor_id": self.actor_id,
            "subject_kind": self.subject_kind,
            "subject_id": self.subject_id,
            "data": self.data,
            "request_id": self.request_id,
            "ip": self.ip,
            "occurred_at": _time(self.occurred_at),
            "recorded_at": _time(self.recorded_at),
        }

    def hash_after(self, previous: bytes) -> bytes:
        """Return the hash that it must have behind the entry with the hash `previous`."""
        text = json.dumps(self.content(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(previous + text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry that is not as it was written: its position, and what is wrong there."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class Head:
    """An end of a chain, as it was at some time."""

    owner: str
    position: int
    hash: bytes
    signature: bytes
    key_id: str
    recorded_at: datetime | None = None


# Whether a signature by a key fits a hash.
Verify = Callable[[str, bytes, bytes], bool]


@dataclass(slots=True)
class Verification:
    """Goes through a chain in order, from behind `position` with the hash `previous`; a fault ends it."""

    verify: Verify
    position: int = 0
    previous: bytes = START
    # Ends of this chain that were kept elsewhere, by their position.
    anchors: Mapping[int, bytes] = field(default_factory=dict)
    checked: int = 0
    fault: Fault | None = None
    last: Entry | None = None
    _unsigned: list[Entry] = field(default_factory=list)

    def go_on(self, entries: Iterable[Entry]) -> None:
        """Check the next entries. Signatures are checked at the end of them, and one by one only where that fails."""
        for entry in entries:
            if self.fault:
                return
            problem = self._problem(entry)
            if problem:
                self._signatures_check()
                # Whatever was wrong before it is named first.
                self.fault = self.fault or Fault(self.position + 1, problem)
                return
            self.position, self.previous, self.last = entry.position, entry.hash, entry
            self.checked += 1
            self._unsigned.append(entry)
        self._signatures_check()

    def end(self, head: Head | None) -> None:
        """Compare the end that was reached with the one that is kept beside the chain."""
        if self.fault:
            return
        known = max([*self.anchors, head.position if head else 0])
        if self.position < known:
            self.fault = Fault(self.position + 1, "missing: the chain was longer")
        elif head and head.position == self.position and head.hash != self.previous and self.position:
            self.fault = Fault(self.position, "the end of the chain is another than the one kept beside it")
        elif head and head.position < self.position:
            self.fault = Fault(head.position + 1, "added: the chain was shorter")

    def _problem(self, entry: Entry) -> str:
        if entry.position != self.position + 1:
            return "missing, or moved to another place"
        if entry.hash_after(self.previous) != entry.hash:
            return "changed: its hash is that of another content, or of another entry before it"
        return ""

    def _signatures_check(self) -> None:
        entries, self._unsigned = self._unsigned, []
        if not entries:
            return
        if not self._is_signed(entries[-1]):
            # Signatures fit up to some entry and no longer behind it: look for it by halves.
            low, high = 0, len(entries) - 1
            while low < high:
                middle = (low + high) // 2
                low, high = (middle + 1, high) if self._is_signed(entries[middle]) else (low, middle)
            self.fault = Fault(entries[low].position, "rewritten: it is not signed by our key")
            return
        for entry in entries:
            if entry.position in self.anchors and self.anchors[entry.position] != entry.hash:
                self.fault = Fault(entry.position, "rewritten here or before: it was another when it was exported")
                return

    def _is_signed(self, entry: Entry) -> bool:
        return self.verify(entry.key_id, entry.hash, entry.signature)


def _time(moment: datetime) -> str:
    """Return a time as text with microseconds, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")

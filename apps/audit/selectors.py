"""Reading the audit trail, and verifying it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import ApiKey, User
from apps.audit.engine.chain import START, Entry, Fault, Head, Verification
from apps.audit.keys import public_keys, signature_fits
from apps.audit.models import AuditChain, AuditEntry
from apps.events.types import ActorKind

# Entries are read so many at a time: a chain may be longer than memory.
_BATCH = 2_000
EXPORT_COLUMNS = (
    "position", "occurred_at", "recorded_at", "action", "actor_kind", "actor_id", "actor_name", "subject_kind",
    "subject_id", "data", "request_id", "ip", "event_id", "hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verified:
    checked: int
    fault: Fault | None
    head: Head | None
    # Where to go on, if there is more.
    next_position: int | None = None


def entries_of(*, owner: str, filters: Mapping[str, Any]) -> QuerySet[AuditEntry]:
    """Return the entries of a chain that match; `filters` are lookups of the model."""
    return AuditEntry.objects.filter(owner=owner, **filters)


def entry_of(row: AuditEntry) -> Entry:
    return Entry(
        owner=row.owner,
        position=row.position,
        event_id=str(row.event_id),
        action=row.action,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        data=row.data,
        request_id=row.request_id,
        ip=row.ip,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        hash=bytes(row.hash),
        signature=bytes(row.signature),
        key_id=row.key_id,
    )


def chain_verify(
    *, owner: str, after: int = 0, most: int | None = None, anchors: Mapping[int, bytes] | None = None
) -> Verified:
    """Go through a chain from behind a position, at most so many entries, and name the first that is not as it was."""
    keys = public_keys()
    before = AuditEntry.objects.filter(owner=owner, position=after).first() if after else None
    known = dict(anchors or {})
    check = Verification(
        verify=lambda key_id, hash_, signature: signature_fits(keys, key_id, hash_, signature),
        position=after,
        previous=bytes(before.hash) if before else START,
        anchors=known,
    )
    if after and before is None:
        check.fault = Fault(after, "missing, or moved to another place")
    while not check.fault and (most is None or check.checked < most):
        size = _BATCH if most is None else min(_BATCH, most - check.checked)
        following = AuditEntry.objects.filter(owner=owner, position__gt=check.position).order_by("position")
        entries = [entry_of(row) for row in following[:size]]
        check.go_on(entries)
        if check.fault is None and len(entries) < size:
            # Entries and the end are written together: what was added meanwhile is there by now.
            head = chain_head(owner=owner)
            if not AuditEntry.objects.filter(owner=owner, position__gt=check.position).exists():
                check.end(head)
                return Verified(check.checked, check.fault, head)
    return Verified(check.checked, check.fault, chain_head(owner=owner), None if check.fault else check.position)


def chain_head(*, owner: str) -> Head | None:
    """Return the end of a chain as it is kept beside it, with the signature of its last entry."""
    chain = AuditChain.objects.filter(owner=owner).first()
    if chain is None:
        return None
    last = AuditEntry.objects.filter(owner=owner, position=chain.position).first()
    return Head(
        owner=owner,
        position=chain.position,
        hash=bytes(chain.hash),
        signature=bytes(last.signature) if last else b"",
        key_id=last.key_id if last else "",
        recorded_at=last.recorded_at if last else None,
    )


def owners() -> list[str]:
    """Return the owners of all chains, those whose end is no longer kept among them."""
    kept = set(AuditChain.objects.values_list("owner", flat=True))
    return sorted(kept | set(AuditEntry.objects.order_by().values_list("owner", flat=True).distinct()))


def names_of(rows: Iterable[AuditEntry]) -> dict[tuple[str, str], str]:
    """Return the names of those who acted, by kind and id; none for who is gone."""
    actors = {(row.actor_kind, row.actor_id) for row in rows if row.actor_id}
    people = [UUID(one) for kind, one in actors if kind in {ActorKind.USER, ActorKind.OPERATOR}]
    keys = [UUID(one) for kind, one in actors if kind == ActorKind.API_KEY]
    emails = {str(pk): email for pk, email in User.objects.filter(id__in=people).values_list("id", "email")}
    labels = {str(pk): name for pk, name in ApiKey.objects.filter(id__in=keys).values_list("id", "name")}
    return {
        (kind, one): name
        for kind, one in actors
        if (name := (labels if kind == ActorKind.API_KEY else emails).get(one, "" if kind != ActorKind.MODULE else one))
    }


def entry_present(row: AuditEntry, names: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    return {
        "position": row.position,
        "action": row.action,
        "actor": {
            "kind": row.actor_kind,
            "id": row.actor_id,
            "name": names.get((row.actor_kind, row.actor_id), ""),
        },
        "subject": {"kind": row.subject_kind, "id": row.subject_id},
        "data": row.data,
        "request_id": row.request_id,
        "ip": row.ip,
        "occurred_at": row.occurred_at,
        "recorded_at": row.recorded_at,
        "hash": bytes(row.hash).hex(),
    }


def entries_stream(rows: QuerySet[AuditEntry]) -> Iterator[list[AuditEntry]]:
    """Yield entries oldest first, a batch at a time, by queries of their own: an export may take long."""
    position = 0
    while batch := list(rows.filter(position__gt=position).order_by("position")[:_BATCH]):
        yield batch
        position = batch[-1].position

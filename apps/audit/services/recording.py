"""Writes events into the audit trail: the consumer `audit`."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.accounts.models import Membership
from apps.audit.engine.chain import START, Entry
from apps.audit.keys import Signer, signer
from apps.audit.models import PLATFORM, AuditChain, AuditEntry
from apps.events.types import Event

# What people do with their own account is told to each organisation that they belong to, which answers for them.
_OF_PEOPLE = ("user.", "session.", "mfa.", "identity.", "sign_in.")


def entries_write(events: Sequence[Event]) -> None:
    """Append events to the chains that they belong to; one that stands there already is left out."""
    memberships = _memberships(events)
    chained: dict[str, list[Event]] = {}
    for event in events:
        for owner in _owners(event, memberships):
            chained.setdefault(owner, []).append(event)
    if not chained:
        return
    now, by, owners = timezone.now(), signer(), sorted(chained)
    AuditChain.objects.bulk_create([AuditChain(owner=owner) for owner in owners], ignore_conflicts=True)
    # In one order everywhere, so that two writers cannot wait for each other.
    chains = list(AuditChain.objects.select_for_update().filter(owner__in=owners).order_by("owner"))
    known = set(
        AuditEntry.objects.filter(owner__in=owners, event_id__in=[event.id for event in events]).values_list(
            "owner", "event_id"
        )
    )
    rows: list[AuditEntry] = []
    for chain in chains:
        fresh = [event for event in chained[chain.owner] if (chain.owner, event.id) not in known]
        rows += _appended(chain, fresh, by=by, now=now)
    AuditEntry.objects.bulk_create(rows)
    AuditChain.objects.bulk_update(chains, ["position", "hash"])


def _appended(chain: AuditChain, events: Sequence[Event], *, by: Signer, now: datetime) -> list[AuditEntry]:
    """Return the entries of events behind the end of a chain, unsaved, and move its end."""
    rows = []
    for event in events:
        previous, position = bytes(chain.hash) or START, chain.position + 1
        fields: dict[str, Any] = {
            "owner": chain.owner,
            "position": position,
            "action": event.name,
            "actor_kind": event.actor.kind.value,
            "actor_id": event.actor.id,
            "subject_kind": event.subject_kind,
            "subject_id": event.subject_id,
            "data": event.data,
            "request_id": event.request_id,
            "ip": event.ip,
            "occurred_at": event.occurred_at,
            "recorded_at": now,
        }
        chain.hash = Entry(event_id=str(event.id), **fields).hash_after(previous)
        chain.position = position
        signed = {"hash": chain.hash, "signature": by.sign(chain.hash), "key_id": by.key_id}
        rows.append(AuditEntry(event_id=event.id, **fields, **signed))
    return rows


def _owners(event: Event, memberships: dict[str, list[str]]) -> list[str]:
    if event.organization_id is not None:
        return [str(event.organization_id)]
    return [PLATFORM, *memberships.get(_person(event), [])]


def _person(event: Event) -> str:
    """Return the id of the person that an event without an organisation is about, if it is about one."""
    if not event.name.startswith(_OF_PEOPLE):
        return ""
    return event.subject_id if event.subject_kind == "user" else str(event.data.get("user_id", ""))


def _memberships(events: Iterable[Event]) -> dict[str, list[str]]:
    people = {UUID(person) for event in events if event.organization_id is None and (person := _person(event))}
    found: dict[str, list[str]] = {}
    rows = Membership.objects.filter(user_id__in=people).values_list("user_id", "organization_id")
    for user_id, organization_id in rows:
        found.setdefault(str(user_id), []).append(str(organization_id))
    return found

"""Custom domains: claimed, proven by a TXT record, and looked at again every day."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.adapters import txt_records
from apps.accounts.exceptions import DomainNotProven, DomainTaken
from apps.accounts.models import Domain
from apps.accounts.selectors.domains import custom_domain_forget, txt_name, txt_value
from apps.core.exceptions import Conflict, NotFound
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import SYSTEM, Actor

MAX_DOMAINS = 20
RECHECK_EVERY = timedelta(hours=24)
# How long a proof may be missing before the name stops counting: DNS has its bad days.
FAILING_AT_MOST = timedelta(days=3)


@transaction.atomic
def domain_add(*, principal: Principal, domain: str, now: datetime) -> Domain:
    """Claim a host name; it counts once it is proven. Raises `DomainTaken` if another organisation has proven it.

    A claim that nobody has proven stands in nobody's way: it moves to whoever claims the name last.
    """
    if Domain.objects.filter(tenant_id=principal.organization_id).count() >= MAX_DOMAINS:
        raise Conflict(f"An organisation has at most {MAX_DOMAINS} domains.")
    known = Domain.objects.select_for_update().filter(domain=domain).first()
    if known is not None and known.tenant_id == principal.organization_id:
        raise Conflict("Your organisation has added this domain already.")
    if known is not None and known.verified_at is not None:
        raise DomainTaken("Another organisation has proven that this domain is theirs.")
    if known is not None:
        known.delete()
    try:
        with transaction.atomic():
            row: Domain = Domain.objects.create(
                domain=domain, tenant_id=principal.organization_id, is_primary=False, created_at=now
            )
    except IntegrityError:
        raise DomainTaken("Another organisation is adding this domain at this moment.") from None
    _emit("domain.added", Actor.of(principal), row, now=now)
    return row


def domain_verify(*, principal: Principal, domain_id: UUID, now: datetime) -> Domain:
    """Look for the proof in DNS and note what was found. Raises `NotFound` or `DomainNotProven`."""
    row = domain_of(principal.organization_id, domain_id)
    found = txt_records(txt_name(row))
    with transaction.atomic():
        row = domain_of(principal.organization_id, domain_id, lock=True)
        if _note(row, proven=txt_value(row) in found, actor=Actor.of(principal), now=now):
            return row
    # Raised outside the transaction: that it was looked at is to be remembered.
    seen = f"found {', '.join(sorted(found)[:3])}" if found else "found no TXT record"
    raise DomainNotProven(f"At {txt_name(row)} we {seen}. DNS may need some minutes to show a change.")


@transaction.atomic
def domain_remove(*, principal: Principal, domain_id: UUID, now: datetime) -> None:
    row = domain_of(principal.organization_id, domain_id, lock=True)
    _emit("domain.removed", Actor.of(principal), row, now=now)
    row.delete()
    custom_domain_forget(row.domain)


def domains_recheck(*, now: datetime) -> int:
    """Look again at every proven domain that was not looked at for a day; return how many were."""
    due = Domain.objects.filter(verified_at__isnull=False, checked_at__lte=now - RECHECK_EVERY).order_by("checked_at")
    rows = list(due[:500])
    for row in rows:
        found = txt_records(txt_name(row))
        with transaction.atomic():
            locked = Domain.objects.select_for_update().filter(id=row.id, verified_at__isnull=False).first()
            if locked is not None:
                _note(locked, proven=txt_value(locked) in found, actor=SYSTEM, now=now)
    return len(rows)


def domain_of(organization_id: UUID, domain_id: UUID, *, lock: bool = False) -> Domain:
    rows = Domain.objects.select_for_update() if lock else Domain.objects.all()
    row: Domain | None = rows.filter(id=domain_id, tenant_id=organization_id).first()
    if row is None:
        raise NotFound("There is no such domain.")
    return row


def _note(row: Domain, *, proven: bool, actor: Actor, now: datetime) -> bool:
    row.checked_at = now
    if proven:
        if row.verified_at is None:
            row.verified_at = now
            _emit("domain.verified", actor, row, now=now)
        row.failing_since = None
    elif row.verified_at is not None:
        if row.failing_since is None:
            row.failing_since = now
            _emit("domain.failing", actor, row, now=now)
        elif now - row.failing_since >= FAILING_AT_MOST:
            row.verified_at = None
            row.failing_since = None
    row.save(update_fields=["checked_at", "verified_at", "failing_since"])
    custom_domain_forget(row.domain)
    return proven


def _emit(name: str, actor: Actor, row: Domain, *, now: datetime) -> None:
    emit(name, organization_id=row.tenant_id, actor=actor, subject=("domain", row.id), now=now, domain=row.domain)

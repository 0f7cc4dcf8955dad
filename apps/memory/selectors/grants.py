"""Grants, as the API shows them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.accounts.models import ApiKey, User
from apps.core.api.pagination import page_of
from apps.memory.engine.reader import PrincipalKind
from apps.memory.exceptions import GrantNotFound
from apps.memory.models import Grant, GrantQuerySet, Memory
from apps.memory.registry import types_of_modules


def grants_listed(*, in_force: bool | None, now: datetime) -> GrantQuerySet:
    """Return all grants, or those that are in force, or that have ended."""
    rows = Grant.objects.all()
    if in_force is None:
        return rows
    return rows.in_force(now) if in_force else rows.exclude(id__in=rows.in_force(now).values("id"))


def grant_get(*, grant_id: UUID, lock: bool = False) -> Grant:
    rows = Grant.objects.select_for_update() if lock else Grant.objects.all()
    grant = rows.filter(id=grant_id).first()
    if grant is None:
        raise GrantNotFound("There is no grant with this id.")
    return grant


def principal_names(grants: Iterable[Grant]) -> dict[tuple[str, str], str]:
    """Return the names of the people and keys to whom something is granted, by kind and id; none for who is gone."""
    ids: dict[str, set[str]] = {PrincipalKind.MEMBER: set(), PrincipalKind.KEY: set()}
    for grant in grants:
        if grant.principal_kind in ids:
            ids[grant.principal_kind].add(grant.principal_id)
    people = User.objects.filter(id__in=ids[PrincipalKind.MEMBER]).values_list("id", "email")
    keys = ApiKey.objects.filter(id__in=ids[PrincipalKind.KEY]).values_list("id", "name")
    return {
        **{(PrincipalKind.MEMBER.value, str(one)): email for one, email in people},
        **{(PrincipalKind.KEY.value, str(one)): name for one, name in keys},
    }


def grants_page(*, in_force: bool | None, cursor: str | None, limit: int, now: datetime) -> dict[str, Any]:
    """Return a page of grants, the latest first; see `grants_listed`."""
    rows = grants_listed(in_force=in_force, now=now)
    page = page_of(rows, order="-created_at", cursor=cursor, limit=limit, present=lambda grant: {"grant": grant})
    found = [one["grant"] for one in page["results"]]
    # Looked up for the page as a whole.
    names = principal_names(found)
    return {**page, "results": [grant_present(one, names, now=now) for one in found]}


def grant_present(grant: Grant, names: dict[tuple[str, str], str], *, now: datetime) -> dict[str, Any]:
    return {
        "id": str(grant.id),
        "status": _status(grant, now=now),
        "principal": {
            "kind": grant.principal_kind,
            "id": grant.principal_id,
            "name": names.get((grant.principal_kind, grant.principal_id), grant.principal_id),
        },
        "module": grant.module,
        "memory_types": grant.memory_types,
        "filters": grant.filters,
        "rights": grant.rights,
        "purpose": grant.purpose,
        "expires_at": grant.expires_at,
        "created_by": grant.created_by and str(grant.created_by),
        "created_at": grant.created_at,
        "revoked_by": grant.revoked_by and str(grant.revoked_by),
        "revoked_at": grant.revoked_at,
    }


def sharing_present() -> list[dict[str, Any]]:
    """Return for every module, of the catalogue or in the memory, which types it shares and which it keeps."""
    modules = types_of_modules()
    held: dict[str, set[str]] = {module: set(types.named) for module, types in modules.items()}
    for module, memory_type in Memory.objects.exclude(module="").values_list("module", "memory_type").distinct():
        held.setdefault(module, set()).add(memory_type)
    shared = {module: modules[module].shared if module in modules else frozenset() for module in held}
    return [
        {"module": module, "shared_types": sorted(shared[module]), "closed_types": sorted(types - shared[module])}
        for module, types in sorted(held.items())
    ]


def _status(grant: Grant, *, now: datetime) -> str:
    if grant.revoked_at is not None:
        return "revoked"
    return "expired" if grant.expires_at is not None and grant.expires_at <= now else "active"

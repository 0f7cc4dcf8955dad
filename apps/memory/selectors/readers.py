"""Who reads what, as conditions on rows. A memory is judged by what it is now, in its past as well."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.accounts.models import ApiKey
from apps.accounts.permissions import Permission
from apps.core.types import Principal
from apps.memory.adapters.filters import compile_filter
from apps.memory.engine.filters import parse_filter
from apps.memory.engine.memory_index import Mask, MemoryIndex
from apps.memory.engine.reader import EVERYTHING, GrantTerms, PrincipalKind, Reader, Right, Via
from apps.memory.models import (
    Entity,
    Grant,
    Memory,
    MemoryQuerySet,
    MemoryRows,
    Mention,
    Relation,
    RelationEvidence,
)
from apps.memory.registry import shared_types
from apps.memory.selectors.earlier import are_states

# Who changes, erases or carries away the memory as a whole has to see it.
_OF_EVERYTHING = frozenset({Permission.MEMORY_ADMIN, Permission.MEMORY_EXPORT})
_NOTHING = Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class Opened:
    """By what a memory is open to a reader, and which grant that is."""

    via: Via
    grant_id: UUID | None = None


def reader_of(principal: Principal, *, now: datetime) -> Reader:
    """Return for whom a call reads, as grants and manifests stand at this moment."""
    if not principal.module and _OF_EVERYTHING & principal.permissions:
        return EVERYTHING
    return Reader(
        module=principal.module,
        shared=shared_types(),
        grants=tuple(map(terms_of, Grant.objects.in_force(now).filter(_naming(principal)).order_by("created_at"))),
    )


def module_reader(module: str, *, now: datetime) -> Reader:
    """Return the reader that a module is, whoever it acts for."""
    mine = Grant.objects.in_force(now).filter(principal_kind=PrincipalKind.MODULE, principal_id=module)
    return Reader(module=module, shared=shared_types(), grants=tuple(map(terms_of, mine.order_by("created_at"))))


def terms_of(grant: Grant) -> GrantTerms:
    return GrantTerms(
        id=grant.id,
        module=grant.module,
        rights=frozenset(map(Right, grant.rights)),
        memory_types=frozenset(grant.memory_types),
        condition=parse_filter(grant.filters) if grant.filters else None,
    )


def _naming(principal: Principal) -> Q:
    if principal.module:
        return Q(principal_kind=PrincipalKind.MODULE, principal_id=principal.module)
    named = Q(principal_kind=PrincipalKind.MEMBER, principal_id=str(principal.user_id))
    named |= Q(principal_kind=PrincipalKind.ROLE, principal_id=principal.role)
    # Few organisations grant anything to a key: only there is it looked up which ones it stands for.
    if (
        principal.key_id is not None
        and Grant.objects.filter(principal_kind=PrincipalKind.KEY, revoked_at=None).exists()
    ):
        named |= Q(principal_kind=PrincipalKind.KEY, principal_id__in=_with_former(principal.key_id))
    return named


def _with_former(key_id: UUID) -> list[str]:
    """Return the id of a key and of those in whose place it came, so that changing a secret closes nothing."""
    ids: list[str] = []
    at: UUID | None = key_id
    while at is not None and str(at) not in ids:
        ids.append(str(at))
        at = ApiKey.objects.filter(id=at).values_list("rotated_from_id", flat=True).first()
    return ids


def narrowed(rows: MemoryRows, reader: Reader) -> MemoryRows:
    """Keep the memories, or the states of those, that are open to a reader."""
    if reader.everything:
        return rows
    if are_states(rows):
        return rows.filter(id__in=readable(reader).values("id"))
    return rows.filter(_condition(reader))


def readable(reader: Reader) -> MemoryQuerySet:
    """Return the memories, live or not, that are open to a reader for what it is about to do."""
    return Memory.objects.all() if reader.everything else Memory.objects.filter(_condition(reader))


def reads_all(reader: Reader) -> bool:
    """Whether nothing that is in the memory is closed to a reader: what is computed for all may be shown to them."""
    return reader.everything or not Memory.objects.exclude(module="").exclude(_condition(reader)).exists()


def entities_named(reader: Reader) -> QuerySet[Entity]:
    """Return the entities that an open memory names or states something of, be it in the trash.

    One that no memory names any more, or somebody stated by themselves, may be of a text that was closed.
    """
    if reader.everything:
        return Entity.objects.all()
    mentions = Mention.objects.filter(entity=OuterRef("pk"), memory__in=readable(reader))
    stated = relations_visible(reader).filter(Q(source=OuterRef("pk")) | Q(target=OuterRef("pk")))
    return Entity.objects.filter(Exists(mentions) | Exists(stated))


def relations_visible(reader: Reader) -> QuerySet[Relation]:
    """Return the relations that an open memory states; to who reads everything also what no memory states any more."""
    if reader.everything:
        return Relation.objects.all()
    evidence = RelationEvidence.objects.filter(relation=OuterRef("pk"))
    return Relation.objects.filter(Exists(evidence.filter(memory__in=readable(reader))))


def _condition(reader: Reader) -> Q:
    condition = Q(module__in={"", reader.module})
    if reader.right is not Right.WRITE:
        for module, types in reader.shared.items():
            condition |= Q(module=module, memory_type__in=types)
    for grant in reader.granting():
        condition |= _about(grant)
    return condition


def _about(grant: GrantTerms) -> Q:
    about = Q(module=grant.module)
    if grant.memory_types:
        about &= Q(memory_type__in=grant.memory_types)
    return about if grant.condition is None else about & compile_filter(grant.condition)


def opened(reader: Reader, memory_ids: Collection[UUID]) -> Mapping[UUID, Opened]:
    """Return by what each of these memories is open to be read; of grants that open one, the oldest counts.

    What is closed to the reader, or unknown, is left out.
    """
    if not memory_ids:
        return {}
    found: dict[UUID, Opened] = {}
    rows = Memory.objects.filter(id__in=memory_ids)
    closed = []
    for memory_id, module, memory_type in rows.values_list("id", "module", "memory_type"):
        via = reader.opened_by(module, memory_type)
        if via is None:
            closed.append(memory_id)
        else:
            found[memory_id] = Opened(via)
    for grant in reader.granting() if closed else ():
        for memory_id in rows.filter(_about(grant), id__in=closed).values_list("id", flat=True):
            found.setdefault(memory_id, Opened(Via.GRANT, grant.id))
    return found


def open_of(index: MemoryIndex, reader: Reader) -> Mask:
    """Return which memories of an index, live or not, are open to be read."""
    if reader.everything:
        return np.ones(len(index.ids), dtype=np.bool_)
    return index.of_kinds(reader.reads, also=_granted_numbers(reader))


def _granted_numbers(reader: Reader) -> list[int]:
    """Return the numbers of the memories that grants with a condition open: what no index knows by kind alone."""
    conditional = [grant for grant in reader.granting() if grant.condition is not None]
    condition = _NOTHING
    for grant in conditional:
        condition |= _about(grant)
    return list(Memory.objects.filter(condition).values_list("number", flat=True)) if conditional else []

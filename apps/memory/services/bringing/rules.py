"""What another organisation has set for its memory.

Legal holds and rules for retention come before its memories, rules for the archive after them. A rule for retention
comes in switched off, for it would delete what nobody has seen with it. Until somebody sets it, the rule for all other
types that may be in force here reaches its type no more, neither what came nor what was here before: the import names
such types (`rules_off`). A rule for the archive deletes nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from apps.memory.adapters.archives import form
from apps.memory.adapters.archives.reading import BadLine
from apps.memory.engine.filters import FilterError, parse_filter
from apps.memory.exceptions import ItemInvalid
from apps.memory.models import ArchiveRule, LegalHold, RetentionRule
from apps.memory.selectors.holds import holds_in_force
from apps.memory.services.bringing.sorting import CLOCKS_DIFFER, Fault, parted
from apps.memory.services.bringing.turn import Turn
from apps.memory.services.changes import change_begin
from apps.memory.services.telling import memory_tell
from apps.memory.types import MAX_HOLDS, MAX_RULES

Kind = Literal["retention", "archive"]
KINDS: tuple[Kind, ...] = ("retention", "archive")


def holds_bring(turn: Turn) -> None:
    """Place the legal holds that are not here, so that what comes after them is kept from the beginning."""

    def bring(fresh: Sequence[form.HoldLine], now: datetime) -> None:
        LegalHold.objects.bulk_create(LegalHold(**dict(line)) for line in fresh)
        for line in fresh:
            if line.released_at is None:
                memory_tell("memory.hold_placed", ("legal_hold", line.id), now=now, title=line.name)

    _bring(turn, form.HOLDS, form.HoldLine, holds_sorted, bring, counted="holds")


def retention_bring(turn: Turn) -> None:
    """Add the rules for retention for types that have none here, switched off."""

    def bring(fresh: Sequence[form.RuleLine], now: datetime) -> None:
        RetentionRule.objects.bulk_create(
            RetentionRule(**line.model_dump(exclude={"kind", "active"}), active=False) for line in fresh
        )
        if fresh:
            off = [line.memory_type for line in fresh if line.memory_type]
            turn.one.rules_off += off
            turn.one.save(update_fields=["rules_off"])
            count = RetentionRule.objects.count()
            memory_tell("memory.retention_changed", ("retention", ""), now=now, rules=count, off=off)

    _bring(turn, form.RULES, form.RuleLine, partial(rules_sorted, kind="retention"), bring, counted="rules")


def archive_rules_bring(turn: Turn) -> None:
    """Add the rules for the archive for types that have none here."""

    def bring(fresh: Sequence[form.RuleLine], now: datetime) -> None:
        ArchiveRule.objects.bulk_create(
            ArchiveRule(**line.model_dump(exclude={"kind", "active", "action"})) for line in fresh
        )
        if fresh:
            memory_tell("memory.archive_changed", ("archive", ""), now=now, rules=ArchiveRule.objects.count())

    _bring(turn, form.RULES, form.RuleLine, partial(rules_sorted, kind="archive"), bring, counted="rules")


def _bring(
    turn: Turn,
    member: str,
    kind: type[Any],
    sort: Callable[..., tuple[list[Any], list[Fault]]],
    bring: Callable[[Any, datetime], None],
    *,
    counted: str,
) -> None:
    for start, batch in turn.batches(member, kind):
        now = timezone.now()
        with transaction.atomic():
            change_begin(now=now)
            turn.advance(line=start + len(batch))
            fresh, faults = sort(batch, start=start, now=now)
            bring(fresh, now)
            turn.note(member, faults, now=now, **{counted: len(fresh)})
        turn.pause()


def holds_sorted(
    batch: Sequence[form.HoldLine | BadLine], *, start: int = 0, now: datetime
) -> tuple[list[form.HoldLine], list[Fault]]:
    """Return the holds that are to be placed, and why others cannot be; those that are here are neither."""
    good, faults = parted(start, batch)
    known = set(LegalHold.objects.filter(id__in=[line.id for _, line in good]).values_list("id", flat=True))
    in_force = holds_in_force().count()
    fresh: list[form.HoldLine] = []
    for number, line in good:
        if line.id in known:
            continue
        try:
            parse_filter(line.filters)
        except FilterError as error:
            faults.append(Fault(number, ItemInvalid.code, f"filters{error.pointer}: {error.detail}"))
            continue
        if max(line.created_at, line.released_at or line.created_at) > now + CLOCKS_DIFFER:
            faults.append(Fault(number, ItemInvalid.code, "It was recorded in the future."))
            continue
        if line.released_at is None and in_force >= MAX_HOLDS:
            detail = f"There are {MAX_HOLDS:,} legal holds in force already."
            faults.append(Fault(number, ItemInvalid.code, detail))
            continue
        in_force += line.released_at is None
        known.add(line.id)
        fresh.append(line)
    return fresh, faults


def rules_sorted(
    batch: Sequence[form.RuleLine | BadLine], *, kind: Kind, start: int = 0, now: datetime
) -> tuple[list[form.RuleLine], list[Fault]]:
    """Return the rules of a kind that are to be added, and why others cannot be; those that have one here are neither.

    Lines that cannot be read may be of any kind: they are told of once, with the rules for retention, which come first.
    """
    good, unreadable = parted(start, batch)
    faults = unreadable if kind == "retention" else []
    rules = RetentionRule if kind == "retention" else ArchiveRule
    known = set(rules.objects.values_list("memory_type", flat=True))
    fresh: list[form.RuleLine] = []
    for number, line in good:
        if line.kind != kind or line.memory_type in known:
            continue
        if len(known) >= MAX_RULES:
            faults.append(Fault(number, ItemInvalid.code, f"There are {MAX_RULES} rules already."))
        elif line.changed_at > now + CLOCKS_DIFFER:
            faults.append(Fault(number, ItemInvalid.code, "It was recorded in the future."))
        else:
            known.add(line.memory_type)
            fresh.append(line)
    return fresh, faults

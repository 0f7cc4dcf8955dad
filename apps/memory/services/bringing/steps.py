"""The steps of an import, one after the other."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.memory.adapters.archives import form
from apps.memory.adapters.archives.reading import ArchiveRefused
from apps.memory.engine.concepts import DOMAIN_DIMENSIONS
from apps.memory.models import Import, MemoryContext
from apps.memory.services.bringing.entities import entities_bring, relations_bring
from apps.memory.services.bringing.files import files_bring
from apps.memory.services.bringing.memories import memories_bring
from apps.memory.services.bringing.removals import removals_bring
from apps.memory.services.bringing.rules import archive_rules_bring, holds_bring, retention_bring
from apps.memory.services.bringing.turn import Turn
from apps.memory.services.changes import change_begin
from apps.memory.services.contexts import context_update

# Entities keep numbers with gaps, but not such with nothing but gaps: searches have an array as long as the last one.
_MOST_GAPS = 10_000


def archive_bring(turn: Turn) -> None:
    """Do what is left. Raises `TurnLost`, `OutOfTime`, `QuotaExceeded` or `ArchiveRefused`."""
    steps = {
        Import.Step.CHECKING: _check,
        Import.Step.HOLDS: holds_bring,
        # Before the memories: each keeps the rule for all other types that is in force here from its own type.
        Import.Step.RETENTION: retention_bring,
        Import.Step.FILES: files_bring,
        Import.Step.ENTITIES: entities_bring,
        Import.Step.RELATIONS: relations_bring,
        Import.Step.MEMORIES: memories_bring,
        Import.Step.REMOVALS: removals_bring,
        # After them: a rule would archive memories whose former revisions are still to come.
        Import.Step.RULES: archive_rules_bring,
    }
    names = list(steps)
    for name in names[names.index(Import.Step(turn.one.step)) :]:
        if turn.one.step != name:
            with transaction.atomic():
                turn.advance(step=name, part=1, line=0, version_line=0)
        steps[name](turn)


def _check(turn: Turn) -> None:
    """Read everything once, then set the numbers aside, and take over the space of an empty memory."""
    turn.reader.verify(turn.on_wait)
    removals = turn.reader.members.get(form.REMOVALS)
    memories = sum(
        turn.reader.members[form.memories_member(part)].lines or 0 for part in range(1, turn.reader.parts + 1)
    )
    entities = turn.reader.members[form.ENTITIES].lines or 0
    now = timezone.now()
    with transaction.atomic():
        context = change_begin(now=now).context
        is_new = context.last_number == 0
        first = 0
        if is_new:
            MemoryContext.objects.update(last_number=turn.manifest.last_number)
        else:
            count = memories + ((removals.lines or 0) if removals else 0)
            first = change_begin(now=now, count=count).number_from
        keeps_entities = context.last_entity == 0 and turn.manifest.last_entity <= 2 * entities + _MOST_GAPS
        if keeps_entities:
            MemoryContext.objects.update(last_entity=turn.manifest.last_entity)
        if is_new and turn.manifest.conditions is None:
            _take_space(turn, context, now=now)
        turn.advance(
            step=Import.Step.HOLDS,
            total=memories,
            keeps_numbers=is_new,
            keeps_entities=keeps_entities,
            first_number=first,
        )


def _take_space(turn: Turn, context: MemoryContext, *, now: datetime) -> None:
    given = turn.given
    custom = [one.model_dump() for one in given.custom_dimensions]
    if (context.domain, context.custom_dimensions) == (given.domain, custom):
        return
    if given.domain not in DOMAIN_DIMENSIONS or len({one["name"] for one in custom}) < len(custom):
        raise ArchiveRefused(f"{form.CONTEXT} names a domain or dimensions that there cannot be.")
    context_update(domain=given.domain, dimensions=custom, now=now)

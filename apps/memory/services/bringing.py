"""Bringing the members of an archive into the memory, step after step: the work of `services.imports`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from tempfile import TemporaryFile
from time import monotonic
from typing import Any, Self
from uuid import UUID

import numpy as np
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from apps.billing.exceptions import QuotaExceeded
from apps.billing.services.quotas import quota_check, quota_reserve
from apps.billing.services.usage import usage_record
from apps.billing.types import Meter, Usage
from apps.core.bulk import rows_copy, values_copy
from apps.core.exceptions import DomainError
from apps.core.ids import new_id
from apps.core.tenancy.scope import schema_name_for
from apps.memory.adapters.archives import form
from apps.memory.adapters.archives.reading import ArchiveReader, ArchiveRefused, BadLine
from apps.memory.adapters.documents import MEDIA_TYPES
from apps.memory.adapters.originals import original_erase, original_put
from apps.memory.adapters.vectors import Floats
from apps.memory.engine.concepts import DOMAIN_DIMENSIONS
from apps.memory.engine.reading import place
from apps.memory.exceptions import (
    ExternalIdConflict,
    ImportConflict,
    ItemInvalid,
    MemoryErased,
)
from apps.memory.models import (
    Chunk,
    EmbeddingEpoch,
    Entity,
    Import,
    ImportFault,
    Memory,
    MemoryContext,
    MemoryRemoval,
    MemoryVersion,
    Mention,
    Relation,
    RelationEvidence,
    SourceFile,
)
from apps.memory.selectors.contexts import concept_space, context_get, dimensions_of
from apps.memory.selectors.exports import UNFINISHED
from apps.memory.services.archiving import memories_put_away_again
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.contexts import context_update
from apps.memory.services.entities import entity_stand_ins, memories_name, memories_state, named_packed
from apps.memory.services.files import name_storable
from apps.memory.services.memories import (
    Analysed,
    analysed,
    findings_set,
    passages_write,
    size_of,
    sketched,
    stores_record,
)
from apps.memory.services.telling import memories_tell, memory_tell
from apps.memory.services.vectors import others_follow, places_write, vectors_write
from apps.memory.types import StoreItem

_MEMORIES = 100
_ROWS = 500
_PART = 1 << 20
# Faults beyond these are counted only.
MOST_FAULTS = 10_000
# The clocks of two servers may differ by so much.
_CLOCKS_DIFFER = timedelta(minutes=5)
# Entities keep numbers with gaps, but not such with nothing but gaps: searches have an array as long as the last one.
_MOST_GAPS = 10_000


class NotWanted(Exception):
    """The import was cancelled, or another worker has been faster."""


class OutOfTime(Exception):
    """The turn is over."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line was not taken."""

    line: int
    code: str
    detail: str
    memory_id: UUID | None = None


@dataclass(slots=True)
class SortedOut:
    """The lines of a batch of memories: those to be brought, with their places, and the others."""

    fresh: list[tuple[int, form.MemoryLine]] = field(default_factory=list)
    skipped: int = 0
    faults: list[Fault] = field(default_factory=list)


def sorted_out(
    batch: Sequence[tuple[int, form.MemoryLine | BadLine]], manifest: form.Manifest, *, now: datetime
) -> SortedOut:
    found = SortedOut()
    good: dict[UUID, tuple[int, form.MemoryLine]] = {}
    for number, line in batch:
        if isinstance(line, BadLine):
            found.faults.append(Fault(number, ItemInvalid.code, line.detail))
        elif line.id in good:
            found.faults.append(Fault(number, ItemInvalid.code, "The archive holds the memory twice.", line.id))
        else:
            good[line.id] = (number, line)
    here = _Here.of([line for _, line in good.values()])
    for number, line in good.values():
        if here.hashes.get(line.id) == line.content_hash:
            found.skipped += 1
        elif (reason := here.refusal(line, manifest, now=now)) is not None:
            found.faults.append(Fault(number, reason.code, reason.detail, line.id))
        else:
            found.fresh.append((number, line))
            if line.deleted_at is None:
                here.external_ids.add(line.external_id)
    return found


@dataclass(frozen=True, slots=True)
class _Here:
    """What there is here of some memories of an archive."""

    hashes: Mapping[UUID, str]
    erased: AbstractSet[UUID | None]
    external_ids: set[str]

    @classmethod
    def of(cls, lines: Sequence[form.MemoryLine]) -> Self:
        ids = [line.id for line in lines]
        names = {line.external_id for line in lines if line.deleted_at is None} - {""}
        taken = Memory.objects.filter(external_id__in=names, deleted_at=None).values_list("external_id", flat=True)
        return cls(
            hashes=dict(Memory.objects.filter(id__in=ids).values_list("id", "content_hash")),
            erased=set(MemoryRemoval.objects.filter(memory_id__in=ids).values_list("memory_id", flat=True)),
            external_ids=set(taken),
        )

    def refusal(self, line: form.MemoryLine, manifest: form.Manifest, *, now: datetime) -> DomainError | None:
        """Return why a memory cannot be brought that is not here as it is."""
        if line.id in self.hashes:
            return ImportConflict("The memory is here with another content.")
        if line.id in self.erased:
            return MemoryErased("The memory was deleted here for good.")
        if line.external_id and line.deleted_at is None and line.external_id in self.external_ids:
            return ExternalIdConflict(f"The external id {line.external_id!r} belongs to another memory.")
        if _latest(line) > now + _CLOCKS_DIFFER:
            return ItemInvalid("It was recorded in the future.")
        if line.number > manifest.last_number:
            return ItemInvalid("Its number is higher than the last one that the manifest names.")
        return None


def _latest(line: form.MemoryLine) -> datetime:
    return max(line.recorded_at, line.revised_at, line.deleted_at or line.revised_at)


class Work:
    """One worker's turn at an import."""

    def __init__(
        self,
        one: Import,
        reader: ArchiveReader,
        organization_id: UUID,
        on_wait: Callable[[], None],
        budget: timedelta | None,
    ) -> None:
        self._one, self._reader, self._organization_id = one, reader, organization_id
        self._on_wait, self._began, self._budget = on_wait, monotonic(), budget
        self._manifest = reader.manifest
        self._given = reader.context()

    def run(self) -> None:
        """Do what is left. Raises `NotWanted`, `OutOfTime`, `QuotaExceeded` or `ArchiveRefused`."""
        steps = {
            Import.Step.CHECKING: self._check,
            Import.Step.FILES: self._bring_files,
            Import.Step.ENTITIES: self._bring_entities,
            Import.Step.RELATIONS: self._bring_relations,
            Import.Step.MEMORIES: self._bring_parts,
            Import.Step.REMOVALS: self._bring_removals,
        }
        names = list(steps)
        for name in names[names.index(Import.Step(self._one.step)) :]:
            if self._one.step != name:
                with transaction.atomic():
                    self._advance(step=name, part=1, line=0, version_line=0)
            steps[name]()

    def _pause(self) -> None:
        """Between two steps: keep the lease, and give way when the turn is over."""
        self._on_wait()
        if self._budget is not None and monotonic() - self._began > self._budget.total_seconds():
            raise OutOfTime

    def _advance(self, **position: Any) -> None:
        """Note how far the import has come, and hold its row; raise `NotWanted` unless it stands where we left it."""
        one = self._one
        mine = Import.objects.filter(
            id=one.id,
            status__in=UNFINISHED,
            step=one.step,
            part=one.part,
            line=one.line,
            version_line=one.version_line,
        )
        if not mine.update(status=Import.Status.RUNNING, **position):
            raise NotWanted
        for name, value in position.items():
            setattr(one, name, value)

    def _note(self, member: str, faults: Sequence[Fault], *, now: datetime, **counts: int) -> None:
        """Count, and keep the faults as long as they are not too many."""
        counts["failed"] = counts.get("failed", 0) + len(faults)
        if any(counts.values()):
            Import.objects.filter(id=self._one.id).update(**{name: F(name) + count for name, count in counts.items()})
        room = MOST_FAULTS - self._one.failed
        self._one.failed += len(faults)
        ImportFault.objects.bulk_create(
            ImportFault(
                of=self._one,
                member=member,
                line=one.line,
                memory_id=one.memory_id,
                code=one.code,
                detail=one.detail,
                created_at=now,
            )
            for one in faults[: max(room, 0)]
        )

    # --- the steps ------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        """Read everything once, then set the numbers aside, and take over the space of an empty memory."""
        self._reader.verify(self._on_wait)
        removals = self._reader.members.get(form.REMOVALS)
        memories = sum(
            self._reader.members[form.memories_member(part)].lines or 0 for part in range(1, self._reader.parts + 1)
        )
        entities = self._reader.members[form.ENTITIES].lines or 0
        now = timezone.now()
        with transaction.atomic():
            context = change_begin(now=now).context
            is_new = context.last_number == 0
            first = 0
            if is_new:
                MemoryContext.objects.update(last_number=self._manifest.last_number)
            else:
                count = memories + ((removals.lines or 0) if removals else 0)
                first = change_begin(now=now, count=count).number_from
            keeps_entities = context.last_entity == 0 and self._manifest.last_entity <= 2 * entities + _MOST_GAPS
            if keeps_entities:
                MemoryContext.objects.update(last_entity=self._manifest.last_entity)
            if is_new and self._manifest.conditions is None:
                self._take_space(context, now=now)
            self._advance(
                step=Import.Step.FILES,
                total=memories,
                keeps_numbers=is_new,
                keeps_entities=keeps_entities,
                first_number=first,
            )

    def _take_space(self, context: MemoryContext, *, now: datetime) -> None:
        given = self._given
        custom = [one.model_dump() for one in given.custom_dimensions]
        if (context.domain, context.custom_dimensions) == (given.domain, custom):
            return
        if given.domain not in DOMAIN_DIMENSIONS or len({one["name"] for one in custom}) < len(custom):
            raise ArchiveRefused(f"{form.CONTEXT} names a domain or dimensions that there cannot be.")
        context_update(domain=given.domain, dimensions=custom, now=now)

    def _bring_files(self) -> None:
        lines = enumerate(self._reader.lines(form.FILES, form.FileLine, skip=self._one.line), self._one.line + 1)
        for number, line in lines:
            now = timezone.now()
            faults: list[Fault] = []
            if isinstance(line, BadLine):
                faults.append(Fault(number, ItemInvalid.code, line.detail))
            elif (reason := self._file_refused(line)) is not None:
                faults.append(Fault(number, reason.code, reason.detail))
            with transaction.atomic():
                change_begin(now=now)
                self._advance(line=number)
                if not faults and isinstance(line, form.FileLine):
                    self._bring_file(line, now=now)
                self._note(form.FILES, faults, now=now)
            self._pause()

    def _file_refused(self, line: form.FileLine) -> DomainError | None:
        known = SourceFile.objects.filter(id=line.id).values_list("sha256", flat=True).first()
        if known is not None and known != line.sha256:
            return ImportConflict("The file is here with another content.")
        if line.media_type not in MEDIA_TYPES.values():
            return ItemInvalid("The file has a media type that no file has here.")
        if line.content:
            member = self._reader.members.get(form.file_member(line.id))
            if member is None or (member.sha256, member.size_bytes) != (line.sha256, line.size_bytes):
                return ItemInvalid("The original is not what its line says.")
        return None

    def _bring_file(self, line: form.FileLine, *, now: datetime) -> None:
        if SourceFile.objects.filter(id=line.id).exists():
            return
        key = f"{schema_name_for(self._organization_id)}/{new_id()}"
        kept = line.content and line.deleted_at is None
        if kept:
            size = line.size_bytes
            quota_check(organization_id=self._organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)
            with TemporaryFile() as copy:
                with self._reader.content(form.file_member(line.id)) as content:
                    while part := content.read(_PART):
                        copy.write(part)
                original_put(key, File(copy))
        try:
            with transaction.atomic():
                SourceFile.objects.create(
                    id=line.id,
                    name=name_storable(line.name),
                    media_type=line.media_type,
                    size_bytes=line.size_bytes,
                    sha256=line.sha256,
                    storage_key=key,
                    module=line.module,
                    created_by=line.created_by,
                    created_at=line.created_at,
                    deleted_at=None if kept else line.deleted_at or now,
                )
                if kept:
                    media = {"media_type": line.media_type, "size_bytes": line.size_bytes}
                    memory_tell("file.stored", ("file", line.id), now=now, **media)
                    quota_reserve(
                        organization_id=self._organization_id,
                        meter=Meter.MEMORY_BYTES,
                        quantity=line.size_bytes,
                        now=now,
                    )
        except BaseException:
            original_erase(key)
            raise

    def _bring_entities(self) -> None:
        for start, batch in self._batches(form.ENTITIES, form.EntityLine):
            now = timezone.now()
            good, faults = _parted(start, batch)
            with transaction.atomic():
                change = change_begin(now=now)
                self._advance(line=start + len(batch))
                faults += self._entities_write(good, change)
                self._note(form.ENTITIES, faults, now=now)
            self._pause()

    def _entities_write(self, good: Sequence[tuple[int, form.EntityLine]], change: Change) -> list[Fault]:
        faults: list[Fault] = []
        fresh: dict[str, tuple[int, form.EntityLine]] = {}
        for number, line in good:
            fresh.setdefault(line.key, (number, line))
        wanted = {line.alias_of for _, line in fresh.values() if line.alias_of}
        here = {
            one.key: one.alias_of_id or one.id
            for one in Entity.objects.filter(key__in={*fresh, *wanted}).only("key", "alias_of")
        }
        fresh = {key: one for key, one in fresh.items() if key not in here}
        if not fresh:
            return faults
        ids = {line.id for _, line in fresh.values()}
        taken_ids = set(Entity.objects.filter(id__in=ids).values_list("id", flat=True))
        numbers = {line.number for _, line in fresh.values()}
        taken_numbers = set(Entity.objects.filter(number__in=numbers).values_list("number", flat=True))
        rows: list[Entity] = []
        # Roots first, so that what others are names of is there.
        for number, line in sorted(fresh.values(), key=lambda one: one[1].alias_of is not None):
            entity = Entity(
                id=new_id() if line.id in taken_ids else line.id,
                change=change.change,
                key=line.key,
                name=line.name,
                kind=line.kind,
                type=line.type,
                properties=line.properties,
            )
            taken_ids.add(entity.id)
            entity.number = self._entity_number(line.number, taken_numbers)
            taken_numbers.add(entity.number)
            if line.alias_of:
                entity.alias_of_id = here.get(line.alias_of)
                if entity.alias_of_id is None:
                    faults.append(Fault(number, ItemInvalid.code, "It is another name of what is not there."))
            here[line.key] = entity.alias_of_id or entity.id
            rows.append(entity)
        rows_copy(rows)
        return faults

    def _entity_number(self, given: int, taken: set[int]) -> int:
        if self._one.keeps_entities and given <= self._manifest.last_entity and given not in taken:
            return given
        MemoryContext.objects.update(last_entity=F("last_entity") + 1)
        return MemoryContext.objects.values_list("last_entity", flat=True).get()

    def _bring_relations(self) -> None:
        for start, batch in self._batches(form.RELATIONS, form.RelationLine):
            now = timezone.now()
            good, faults = _parted(start, batch)
            with transaction.atomic():
                change_begin(now=now)
                self._advance(line=start + len(batch))
                keys = {key for _, line in good for key in (line.source, line.target)}
                ids = dict(Entity.objects.filter(key__in=keys).values_list("key", "id"))
                missing = [one for one in good if not {one[1].source, one[1].target} <= set(ids)]
                faults += [Fault(at, ItemInvalid.code, "It joins what is not there.") for at, _ in missing]
                Relation.objects.bulk_create(
                    (
                        Relation(
                            source_id=ids[line.source],
                            target_id=ids[line.target],
                            kind=line.kind,
                            properties=line.properties,
                        )
                        for _, line in good
                        if line.source in ids and line.target in ids
                    ),
                    ignore_conflicts=True,
                )
                self._note(form.RELATIONS, faults, now=now)
            self._pause()

    def _bring_parts(self) -> None:
        for part in range(self._one.part, self._reader.parts + 1):
            if part != self._one.part:
                with transaction.atomic():
                    self._advance(part=part, line=0, version_line=0)
            self._bring_part(part)

    def _bring_part(self, part: int) -> None:
        member = form.memories_member(part)
        away = self._away(islice(self._reader.lines(member, form.MemoryLine), self._one.line))
        lines = enumerate(self._reader.lines(member, form.MemoryLine, skip=self._one.line), self._one.line + 1)
        while batch := list(islice(lines, _MEMORIES)):
            self._bring_memories(part, member, batch)
            away |= self._away(line for _, line in batch)
            self._pause()
        member = form.versions_member(part)
        start = self._one.version_line
        versions = enumerate(self._reader.lines(member, form.VersionLine, skip=start), start + 1)
        while some := list(islice(versions, _MEMORIES)):
            self._bring_versions(member, some)
            self._pause()
        # Now that all of their history is there.
        self._put_away(away)

    @staticmethod
    def _away(lines: Iterable[form.MemoryLine | BadLine]) -> dict[UUID, datetime]:
        """Return which memories were archived, and when."""
        good = (line for line in lines if isinstance(line, form.MemoryLine))
        return {line.id: line.archived_at for line in good if line.archived_at is not None}

    def _put_away(self, away: Mapping[UUID, datetime]) -> None:
        rows = Memory.objects.filter(id__in=away).order_by("number").values_list("id", "number")
        ours = [memory_id for memory_id, number in rows if self._is_ours(number)]
        for start in range(0, len(ours), _MEMORIES):
            memories_put_away_again(
                organization_id=self._organization_id,
                archived_at={one: away[one] for one in ours[start : start + _MEMORIES]},
                now=timezone.now(),
            )
            self._pause()

    def _bring_memories(self, part: int, member: str, batch: Sequence[tuple[int, form.MemoryLine | BadLine]]) -> None:
        now = timezone.now()
        model = context_get().epoch
        texts = self._read_anew([line for _, line in batch if isinstance(line, form.MemoryLine)], model, now=now)
        refused: QuotaExceeded | None = None
        with transaction.atomic():
            moments = [_latest(line) for _, line in batch if isinstance(line, form.MemoryLine)]
            latest = max((one for one in moments if one <= now + _CLOCKS_DIFFER), default=now)
            change = change_begin(now=max(now, latest))
            if change.context.epoch_id != model.id:
                # Switched meanwhile. Rare enough to let the other writers wait.
                lines = [line for _, line in batch if isinstance(line, form.MemoryLine)]
                texts = self._read_anew(lines, change.context.epoch, now=now)
            self._advance(line=batch[-1][0])
            found = sorted_out(batch, self._manifest, now=now)
            created = 0
            try:
                with transaction.atomic():
                    found.faults += self._write(part, found.fresh, texts, change, now=now)
                    created = len(found.fresh) - sum(one.memory_id in _ids(found.fresh) for one in found.faults)
            except (QuotaExceeded, IntegrityError):
                # Not all of them can be had: one after the other, so that the others are.
                for one in found.fresh:
                    try:
                        with transaction.atomic():
                            faults = self._write(part, [one], texts, change, now=now)
                        created += not faults
                    except QuotaExceeded as error:
                        refused = error
                        break
                    except IntegrityError:
                        reason = "A number or a passage of it is another memory's here."
                        faults = [Fault(one[0], ImportConflict.code, reason, one[1].id)]
                    found.faults += faults
            self._note(member, found.faults, now=now, created=created, skipped=found.skipped)
        if refused is not None:
            raise refused

    def _read_anew(
        self, lines: Sequence[form.MemoryLine], epoch: EmbeddingEpoch, *, now: datetime
    ) -> dict[UUID, Analysed]:
        """Read the texts that were read elsewhere in another way, or by other models: by their words, for now."""
        is_alike = self._manifest.is_read(epoch.model, epoch.dimension)
        unlike = [line for line in lines if not (is_alike and line.is_read and _fits(line, epoch.dimension))]
        known = set(Memory.objects.filter(id__in=[line.id for line in unlike]).values_list("id", flat=True))
        unlike = [line for line in unlike if line.id not in known]
        if not unlike:
            return {}
        items = [StoreItem(content=one.content, metadata=one.metadata, occurred_at=one.occurred_at) for one in unlike]
        texts = sketched([analysed(item, now=now) for item in items])
        return {line.id: text for line, text in zip(unlike, texts, strict=True)}

    def _write(
        self,
        part: int,
        fresh: Sequence[tuple[int, form.MemoryLine]],
        texts: Mapping[UUID, Analysed],
        change: Change,
        *,
        now: datetime,
    ) -> list[Fault]:
        """Write memories with all that was found out about them. Returns those that name what is not there."""
        faults: list[Fault] = []
        given = [line for _, line in fresh if line.id not in texts]
        keys = {one.entity for line in given for one in line.mentions}
        keys |= {key for line in given for one in line.evidence for key in (one.source, one.target)}
        entities = {one.key: one for one in Entity.objects.filter(key__in=keys)}
        relations = self._relations_of(given)
        wanted: list[tuple[int, form.MemoryLine]] = []
        for number, line in fresh:
            if line.id not in texts and not (
                all(one.entity in entities for one in line.mentions)
                and all((one.source, one.target, one.kind) in relations for one in line.evidence)
            ):
                faults.append(Fault(number, ItemInvalid.code, "It names what the archive does not hold.", line.id))
            else:
                wanted.append((number, line))
        if not wanted:
            return faults
        files = dict(
            SourceFile.objects.filter(id__in=[line.file.id for _, line in wanted if line.file]).values_list(
                "id", "sha256"
            )
        )
        stand_ins = entity_stand_ins(entities.values())
        memories = [self._row(part, number, line, files, change) for number, line in wanted]
        given_rows = [
            (memory, line) for memory, (_, line) in zip(memories, wanted, strict=True) if line.id not in texts
        ]
        anew = [(memory, texts[memory.id]) for memory in memories if memory.id in texts]
        for memory, line in given_rows:
            self._findings_take(memory, line)
            memory.named = named_packed(
                (stand_ins[entities[one.entity].id], one.count, one.is_subject) for one in line.mentions
            )
        for memory, text in anew:
            findings_set(memory, text)
        memories_name(
            memories=[memory for memory, _ in anew], named=[text.reading.entities for _, text in anew], change=change
        )
        rows_copy(memories)
        rows_copy([_chunk(memory, one) for memory, line in given_rows for one in line.passages])
        self._vectors_take([line for _, line in given_rows], change)
        passages_write(memories=[memory for memory, _ in anew], texts=[text for _, text in anew], change=change)
        memories_state(
            memories=[memory for memory, _ in anew], statements=[text.reading.statements for _, text in anew]
        )
        values_copy(
            Mention,
            ("entity_id", "memory_id", "count", "start", "end", "is_subject"),
            (
                (entities[one.entity].id, memory.id, one.count, one.start, one.end, one.is_subject)
                for memory, line in given_rows
                for one in line.mentions
            ),
        )
        RelationEvidence.objects.bulk_create(
            RelationEvidence(
                relation_id=relations[one.source, one.target, one.kind],
                memory_id=memory.id,
                start=one.start,
                end=one.end,
            )
            for memory, line in given_rows
            for one in line.evidence
        )
        self._account(part, [number for number, _ in wanted], memories, now=now)
        return faults

    def _account(self, part: int, numbers: Sequence[int], memories: Sequence[Memory], *, now: datetime) -> None:
        size = sum(memory.size_bytes for memory in memories if memory.deleted_at is None)
        if size:
            quota_reserve(organization_id=self._organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)
        stores_record(organization_id=self._organization_id, memories=memories, now=now)
        memories_tell("memory.trashed", [one for one in memories if one.deleted_at is not None], now=now)
        usage_record(
            organization_id=self._organization_id,
            meter=Meter.INGESTION_ITEMS,
            quantity=1,
            usage=Usage("ingestion", operation="import"),
            source_ids=[f"{self._one.id}:{part}:{number}" for number in numbers],
            now=now,
        )

    def _relations_of(self, lines: Sequence[form.MemoryLine]) -> dict[tuple[str, str, str], int]:
        stated = [one for line in lines for one in line.evidence]
        if not stated:
            return {}
        rows = Relation.objects.filter(
            source__key__in={one.source for one in stated}, target__key__in={one.target for one in stated}
        )
        return {
            (source, target, kind): relation_id
            for relation_id, source, target, kind in rows.values_list("id", "source__key", "target__key", "kind")
        }

    def _row(self, part: int, number: int, line: form.MemoryLine, files: Mapping[UUID, str], change: Change) -> Memory:
        in_order = self._one.first_number + (part - 1) * form.PART_MEMORIES + number - 1
        has_file = line.file is not None and files.get(line.file.id) == line.file.sha256
        return Memory(
            id=line.id,
            number=line.number if self._one.keeps_numbers else in_order,
            change=change.change,
            content=line.content,
            content_hash=line.content_hash,
            metadata=line.metadata,
            memory_type=line.memory_type,
            module=line.module,
            source=line.source,
            external_id=line.external_id,
            # Without those before it, it is the first one.
            revision=line.revision if self._manifest.include_versions else 1,
            occurred_at=line.occurred_at,
            occurred_end=line.occurred_end,
            occurred_given=line.occurred_given,
            recorded_at=line.recorded_at,
            revised_at=line.revised_at,
            expires_at=line.expires_at,
            deleted_at=line.deleted_at,
            superseded_by=line.superseded_by,
            superseded_at=line.superseded_at,
            created_by=line.created_by,
            file_id=line.file.id if line.file and has_file else None,
            place=line.place if has_file else {},
            size_bytes=size_of(content=line.content, metadata=line.metadata),
        )

    def _findings_take(self, memory: Memory, line: form.MemoryLine) -> None:
        """Set on a memory, unsaved, what was found out about it elsewhere, as we should have."""
        memory.fingerprint, memory.thread, memory.reading = line.fingerprint, line.thread, line.reading
        memory.times, memory.understood = line.times, line.understood

    def _vectors_take(self, lines: Sequence[form.MemoryLine], change: Change) -> None:
        """Write what the model that answers here, too, made of memories elsewhere."""
        dimensions = [(one.name, one.description) for one in dimensions_of(change.context)]
        is_same_space = dimensions == [(one.name, one.description) for one in self._given.dimensions]
        epoch_id = change.context.epoch_id
        passages: list[tuple[Sequence[UUID], Floats]] = []
        places: list[tuple[UUID, Floats]] = []
        for line in lines:
            read = [(one.id, one.embedding) for one in line.passages if one.embedding is not None]
            if not read:
                continue
            vectors = np.array([np.frombuffer(packed, dtype="<f2") for _, packed in read], dtype=np.float32)
            passages.append(([passage_id for passage_id, _ in read], vectors))
            if is_same_space and len(line.concepts) == len(dimensions):
                places.append((line.id, np.array(line.concepts, dtype=np.float32)))
            else:
                places.append((line.id, place(vectors, concept_space(change.context))))
        vectors_write(passages, epoch_id=epoch_id)
        places_write(places, epoch_id=epoch_id, change=change)
        if places:
            others_follow(change)

    def _bring_versions(self, member: str, batch: Sequence[tuple[int, form.VersionLine | BadLine]]) -> None:
        now = timezone.now()
        good: list[tuple[int, form.VersionLine]] = []
        faults: list[Fault] = []
        for number, line in batch:
            if isinstance(line, BadLine):
                faults.append(Fault(number, ItemInvalid.code, line.detail))
            elif line.replaced_at > now + _CLOCKS_DIFFER:
                faults.append(Fault(number, ItemInvalid.code, "It was recorded in the future.", line.memory))
            else:
                good.append((number, line))
        with transaction.atomic():
            change_begin(now=now)
            self._advance(version_line=batch[-1][0])
            ids = {line.memory for _, line in good}
            # Those of memories that were here before are theirs; they stay as they are.
            rows = Memory.objects.filter(id__in=ids).values_list("id", "number", "revision")
            brought = {memory_id: revision for memory_id, number, revision in rows if self._is_ours(number)}
            kept = set(MemoryVersion.objects.filter(memory_id__in=brought).values_list("memory_id", "revision"))
            fresh: list[MemoryVersion] = []
            for number, line in good:
                if line.memory not in brought:
                    continue
                if (line.memory, line.revision) in kept or line.revision >= brought[line.memory]:
                    faults.append(Fault(number, ItemInvalid.code, "It is no former revision.", line.memory))
                    continue
                kept.add((line.memory, line.revision))
                fresh.append(MemoryVersion(memory_id=line.memory, **_version_fields(line)))
            rows_copy(fresh)
            self._note(member, faults, now=now)

    def _is_ours(self, number: int) -> bool:
        """Whether a memory with this number was brought by this import."""
        first = self._one.first_number
        return self._one.keeps_numbers or first <= number < first + self._one.total

    def _bring_removals(self) -> None:
        for start, batch in self._batches(form.REMOVALS, form.RemovalLine):
            now = timezone.now()
            good, faults = _parted(start, batch)
            with transaction.atomic():
                change = change_begin(now=now)
                self._advance(line=start + len(batch))
                ids = {line.memory for _, line in good}
                known: set[UUID | None] = set(Memory.objects.filter(id__in=ids).values_list("id", flat=True))
                known |= set(MemoryRemoval.objects.filter(memory_id__in=ids).values_list("memory_id", flat=True))
                numbers = {self._removal_number(at, line) for at, line in good}
                taken = set(Memory.objects.filter(number__in=numbers).values_list("number", flat=True))
                taken |= set(MemoryRemoval.objects.filter(number__in=numbers).values_list("number", flat=True))
                rows: list[MemoryRemoval] = []
                for at, line in good:
                    if line.memory in known:
                        continue
                    number = self._removal_number(at, line)
                    if number in taken or line.removed_at > now + _CLOCKS_DIFFER:
                        faults.append(Fault(at, ItemInvalid.code, "It cannot have been removed so.", line.memory))
                        continue
                    known.add(line.memory)
                    taken.add(number)
                    rows.append(
                        MemoryRemoval(
                            number=number, change=change.change, memory_id=line.memory, removed_at=line.removed_at
                        )
                    )
                MemoryRemoval.objects.bulk_create(rows)
                self._note(form.REMOVALS, faults, now=now)
            self._pause()

    def _removal_number(self, at: int, line: form.RemovalLine) -> int:
        if self._one.keeps_numbers:
            return line.number
        return self._one.first_number + self._one.total + at - 1

    def _batches(self, member: str, kind: type[Any]) -> Iterator[tuple[int, list[Any]]]:
        """Yield the lines that are left of a member, with how many are before them."""
        start = self._one.line
        lines = self._reader.lines(member, kind, skip=start)
        while batch := list(islice(lines, _ROWS)):
            yield start, batch
            start += len(batch)


def _ids(fresh: Sequence[tuple[int, form.MemoryLine]]) -> set[UUID]:
    return {line.id for _, line in fresh}


def _parted(start: int, batch: Sequence[Any]) -> tuple[list[tuple[int, Any]], list[Fault]]:
    """Return the lines that can be read with their numbers, and the faults of the others."""
    numbered = list(enumerate(batch, start + 1))
    faults = [Fault(at, ItemInvalid.code, line.detail) for at, line in numbered if isinstance(line, BadLine)]
    return [(at, line) for at, line in numbered if not isinstance(line, BadLine)], faults


def _chunk(memory: Memory, one: form.PassageLine) -> Chunk:
    return Chunk(
        id=one.id,
        memory_id=memory.id,
        ordinal=one.ordinal,
        start=one.start,
        end=one.end,
        terms=one.terms,
        sketch=one.sketch,
        sparse=one.sparse,
    )


def _fits(line: form.MemoryLine, dimension: int) -> bool:
    """Whether all vectors of a memory have as many numbers as its archive says."""
    return all(one.embedding is None or len(one.embedding) == 2 * dimension for one in line.passages)


def _version_fields(line: form.VersionLine) -> dict[str, Any]:
    return {name: value for name, value in line if name != "memory"}

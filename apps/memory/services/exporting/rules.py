"""What an organisation has set for its memory: legal holds, and rules for retention and for the archive.

Grants stay out, which name people and keys of the organisation, and so do certificates of erasures, which its chain of
certificates signs.
"""

from collections.abc import Iterator

from apps.memory.adapters.archives import form
from apps.memory.adapters.archives.writing import ArchiveWriter
from apps.memory.models import ArchiveRule, LegalHold, RetentionRule
from apps.memory.services.exporting.memories import Written


def rules_write(archive: ArchiveWriter, written: Written, *, using: str) -> None:
    """Write what is set. Members of what is not set are left out: earlier versions of the format know none."""
    for name, member, lines in (
        ("holds", form.HOLDS, list(_hold_lines(using))),
        ("rules", form.RULES, list(_rule_lines(using))),
    ):
        written.counts[name] = archive.lines(member, lines) if lines else 0


def _hold_lines(using: str) -> Iterator[form.HoldLine]:
    for one in LegalHold.objects.using(using).order_by("created_at", "id"):
        yield form.HoldLine.model_construct(
            id=one.id,
            name=one.name,
            reason=one.reason,
            filters=one.filters,
            created_by=one.created_by,
            created_at=one.created_at,
            released_by=one.released_by,
            released_at=one.released_at,
        )


def _rule_lines(using: str) -> Iterator[form.RuleLine]:
    for rule in RetentionRule.objects.using(using).order_by("memory_type"):
        yield form.RuleLine.model_construct(
            kind="retention",
            memory_type=rule.memory_type,
            days=rule.days,
            action=rule.action,
            active=rule.active,
            changed_by=rule.changed_by,
            changed_at=rule.changed_at,
        )
    for one in ArchiveRule.objects.using(using).order_by("memory_type"):
        yield form.RuleLine.model_construct(
            kind="archive",
            memory_type=one.memory_type,
            days=one.days,
            action=None,
            active=True,
            changed_by=one.changed_by,
            changed_at=one.changed_at,
        )

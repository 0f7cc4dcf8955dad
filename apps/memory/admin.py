"""Operators' pages for memory contexts: one row per organisation, counted inside its own schema."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.contrib import admin, messages
from django.db.models import Func, IntegerField, QuerySet
from django.db.models.fields.json import KeyTransform
from django.http import HttpRequest
from django.template.defaultfilters import date, filesizeformat
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.core.admin import ReadOnlyAdmin
from apps.core.services import enqueue
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import (
    ArchiveRule,
    Erasure,
    Export,
    Grant,
    Import,
    Memory,
    MemoryContext,
    Operation,
    OrganizationMemory,
    RetentionRule,
    Review,
)
from apps.memory.selectors.archived import archive_figures
from apps.memory.selectors.contexts import context_get
from apps.memory.selectors.epochs import epoch_present, epochs_latest
from apps.memory.selectors.erasures import erasures_verify
from apps.memory.selectors.grants import grant_present, principal_names
from apps.memory.selectors.holds import hold_present, holds, holds_in_force
from apps.memory.services.archiving import SWEEP_ARCHIVE
from apps.memory.services.contexts import context_ensure
from apps.memory.services.reviews import reviews_rescan

# Of each kind the latest are shown; the commands and the API page through all.
_SHOWN = 20
# Subjects may name ten thousand.
_MEMORIES_OF_ERASURE = Func(
    KeyTransform("memory_ids", "subject"), function="jsonb_array_length", output_field=IntegerField()
)


@admin.register(OrganizationMemory)
class MemoryContextAdmin(ReadOnlyAdmin):
    """Read only, but for making a context that is missing and starting work anew.

    Operators see counts, names and times, never contents or what filters say.
    """

    list_display = [
        "name",
        "domain",
        "embedding_model",
        "memories",
        "archived",
        "open_operations",
        "to_review",
        "grants",
        "holds",
    ]
    list_per_page = 20
    search_fields = ["name", "slug", "id"]
    actions = ["create_missing", "compare_again", "archive_due", "verify_certificates"]
    fieldsets = [
        (None, {"fields": [("name", "slug"), ("context", "domain"), ("memories", "archived")]}),
        ("Work", {"fields": [("open_operations", "to_review")]}),
        ("Models that read it", {"fields": ["epoch_rows"]}),
        ("Sharing", {"fields": ["grant_rows"]}),
        ("How long memories are kept", {"fields": ["rule_rows", "hold_rows"]}),
        ("Erasures", {"fields": ["erasure_rows"]}),
        ("Archives carried away and brought in", {"fields": ["export_rows", "import_rows"]}),
    ]

    # --- figures, of the list and of the page ------------------------------------------------------------------------

    @admin.display(description="context")
    def context(self, row: OrganizationMemory) -> str:
        return _of_context(row, lambda context: context.name)

    @admin.display(description="domain")
    def domain(self, row: OrganizationMemory) -> str:
        return _of_context(row, lambda context: context.domain, default="no context")

    @admin.display(description="model")
    def embedding_model(self, row: OrganizationMemory) -> str:
        return _of_context(row, lambda context: context.epoch.model)

    @admin.display(description="memories")
    def memories(self, row: OrganizationMemory) -> int:
        with organization_scope(row.id):
            return Memory.objects.live(timezone.now()).count()

    @admin.display(description="archived")
    def archived(self, row: OrganizationMemory) -> str:
        with organization_scope(row.id):
            found = archive_figures()
        saved = filesizeformat(found["size_before"] - found["size_after"])
        return f"{found['memories']}, {saved} saved" if found["memories"] else "0"

    @admin.display(description="batches")
    def open_operations(self, row: OrganizationMemory) -> int:
        with organization_scope(row.id):
            return Operation.objects.filter(finished_at=None).count()

    @admin.display(description="to review")
    def to_review(self, row: OrganizationMemory) -> int:
        with organization_scope(row.id):
            return Review.objects.to_decide(timezone.now()).count()

    @admin.display(description="grants")
    def grants(self, row: OrganizationMemory) -> int:
        with organization_scope(row.id):
            return Grant.objects.in_force(timezone.now()).count()

    @admin.display(description="holds")
    def holds(self, row: OrganizationMemory) -> int:
        with organization_scope(row.id):
            return holds_in_force().count()

    # --- tables of the page ------------------------------------------------------------------------------------------

    @admin.display(description="index epochs")
    def epoch_rows(self, row: OrganizationMemory) -> SafeString | str:
        with organization_scope(row.id):
            if not MemoryContext.objects.exists():
                return "-"
            context = context_get()
            shown = [epoch_present(one, context=context) for one in epochs_latest()]
        return _table(
            ("model", "status", "read", "started", "answers since"),
            (
                (one["model"], one["status"], f"{one['filled']} of {one['memories']}", one["created_at"], since)
                for one in shown
                for since in [one["activated_at"] if one["status"] == "active" else None]
            ),
        )

    @admin.display(description="grants in force")
    def grant_rows(self, row: OrganizationMemory) -> SafeString | str:
        now = timezone.now()
        with organization_scope(row.id):
            rows = list(Grant.objects.in_force(now).order_by("-created_at")[:_SHOWN])
            names = principal_names(rows)
            shown = [grant_present(one, names, now=now) for one in rows]
        return _table(
            ("to", "rights", "of", "types", "ends"),
            (
                (
                    f"{one['principal']['kind']} {one['principal']['name']}",
                    ", ".join(one["rights"]),
                    one["module"],
                    ", ".join(one["memory_types"]) or "all",
                    one["expires_at"] or "never",
                )
                for one in shown
            ),
        )

    @admin.display(description="rules")
    def rule_rows(self, row: OrganizationMemory) -> SafeString | str:
        with organization_scope(row.id):
            rules: list[RetentionRule | ArchiveRule] = [*RetentionRule.objects.order_by("memory_type")]
            rules += ArchiveRule.objects.order_by("memory_type")
        return _table(
            ("type", "after", "what becomes of them", "set"),
            (
                (
                    one.memory_type or "all others",
                    f"{one.days} days",
                    _becomes(one),
                    one.changed_at,
                )
                for one in rules
            ),
        )

    @admin.display(description="legal holds")
    def hold_rows(self, row: OrganizationMemory) -> SafeString | str:
        with organization_scope(row.id):
            shown = [hold_present(one) for one in holds().order_by("-created_at")[:_SHOWN]]
        return _table(
            ("name", "placed", "released", "keeps memories"),
            ((one["name"], one["created_at"], one["released_at"], one["memories"]) for one in shown),
        )

    @admin.display(description="certificates")
    def erasure_rows(self, row: OrganizationMemory) -> SafeString | str:
        with organization_scope(row.id):
            count = Func(
                KeyTransform("memory_ids", "subject"), function="jsonb_array_length", output_field=IntegerField()
            )
            rows = Erasure.objects.annotate(memories=count).defer("subject", "before", "after")
            shown = list(rows.order_by("-requested_at")[:_SHOWN])
        return _table(
            ("number", "status", "memories", "requested", "proven", "hash"),
            (
                (
                    one.number,
                    one.status,
                    one.memories,
                    one.requested_at,
                    one.completed_at,
                    one.hash[:16],
                )
                for one in shown
            ),
        )

    @admin.display(description="exports")
    def export_rows(self, row: OrganizationMemory) -> SafeString | str:
        with organization_scope(row.id):
            shown = list(Export.objects.order_by("-created_at")[:_SHOWN])
        return _table(
            ("status", "of", "memories", "size", "asked for", "kept until"),
            (
                (
                    one.status,
                    "everything" if one.conditions is None else "a part",
                    f"{one.done} of {one.total}",
                    filesizeformat(one.size_bytes),
                    one.created_at,
                    one.expires_at,
                )
                for one in shown
            ),
        )

    @admin.display(description="imports")
    def import_rows(self, row: OrganizationMemory) -> SafeString | str:
        with organization_scope(row.id):
            shown = list(Import.objects.order_by("-created_at")[:_SHOWN])
        return _table(
            ("status", "step", "brought", "known", "refused", "started", "ended", "error"),
            (
                (
                    one.status,
                    one.step,
                    f"{one.created} of {one.total}",
                    one.skipped,
                    one.failed,
                    one.created_at,
                    one.finished_at,
                    one.error_code,
                )
                for one in shown
            ),
        )

    # --- actions -----------------------------------------------------------------------------------------------------

    @admin.action(description="Check the certificates of erasure", permissions=["view"])
    def verify_certificates(self, request: HttpRequest, rows: QuerySet[OrganizationMemory]) -> None:
        for row in rows:
            with organization_scope(row.id):
                found = erasures_verify()
            fault = found["first_bad"]
            if fault:
                told = f"{row.name}: certificate {fault['number']} is {fault['reason']}."
            elif found["found"]:
                told = f"{row.name}: something that certificates say is gone is found; see manage.py verify_erasure."
            else:
                told = f"{row.name}: {found['certificates']} certificates, all as they were issued, nothing found."
            level = messages.ERROR if fault or found["found"] else messages.SUCCESS
            self.message_user(request, told, level)

    @admin.action(description="Compare all memories again, for reviews", permissions=["view"])
    def compare_again(self, request: HttpRequest, rows: QuerySet[OrganizationMemory]) -> None:
        count = 0
        for row in rows:
            with organization_scope(row.id):
                count += reviews_rescan(organization_id=row.id, now=timezone.now())
        self.message_user(request, f"{count} memories will be compared again.", messages.SUCCESS)

    @admin.action(description="Archive what is due now", permissions=["view"])
    def archive_due(self, request: HttpRequest, rows: QuerySet[OrganizationMemory]) -> None:
        for row in rows:
            enqueue(SWEEP_ARCHIVE, organization_id=row.id, now=timezone.now())
        self.message_user(request, f"Workers archive what is due in {len(rows)} memory contexts.", messages.SUCCESS)

    @admin.action(description="Create the memory context if it is missing", permissions=["view"])
    def create_missing(self, request: HttpRequest, rows: QuerySet[OrganizationMemory]) -> None:
        created = 0
        for row in rows:
            with organization_scope(row.id):
                created += context_ensure(organization_id=row.id, memory_domain=None, now=timezone.now())
        self.message_user(request, f"{created} memory contexts created.", messages.SUCCESS)


def _of_context(row: OrganizationMemory, read: Callable[[MemoryContext], str], *, default: str = "-") -> str:
    with organization_scope(row.id):
        context = MemoryContext.objects.select_related("epoch").first()
    return read(context) if context else default


def _becomes(rule: RetentionRule | ArchiveRule) -> str:
    """Return what a rule makes of memories."""
    if isinstance(rule, ArchiveRule):
        return "archive"
    return rule.action if rule.active else f"{rule.action}, not active"


def _table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> SafeString | str:
    shown = [[_cell(value) for value in row] for row in rows]
    if not shown:
        return "-"
    return render_to_string("unfold/components/table.html", {"table": {"headers": headers, "rows": shown}})


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return date(timezone.localtime(value), "Y-m-d H:i")
    return "-" if value in (None, "") else value

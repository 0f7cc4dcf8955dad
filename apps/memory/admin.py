"""Operators' page for memory contexts: one row per organisation, counted inside its own schema."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from apps.core.admin import ReadOnlyAdmin
from apps.core.services import enqueue
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import Grant, Memory, MemoryContext, Operation, OrganizationMemory, Review
from apps.memory.selectors.archived import archive_figures
from apps.memory.selectors.epochs import epoch_present, epochs_kept
from apps.memory.services.archiving import SWEEP_ARCHIVE
from apps.memory.services.contexts import context_ensure
from apps.memory.services.reviews import reviews_rescan


@admin.register(OrganizationMemory)
class MemoryContextAdmin(ReadOnlyAdmin):
    """Read only, but for making a context that is missing and comparing memories again.

    Operators see counts, never contents.
    """

    list_display = [
        "name",
        "context",
        "domain",
        "model",
        "other_models",
        "memories",
        "archived",
        "open_operations",
        "to_review",
        "grants",
    ]
    list_display_links = None
    list_per_page = 20
    search_fields = ["name", "slug", "id"]
    actions = ["create_missing", "compare_again", "archive_due"]

    @admin.display(description="context")
    def context(self, row: OrganizationMemory) -> str:
        context = _context(row)
        return context.name if context else "missing"

    @admin.display(description="domain")
    def domain(self, row: OrganizationMemory) -> str:
        context = _context(row)
        return context.domain if context else "-"

    @admin.display(description="model that answers")
    def model(self, row: OrganizationMemory) -> str:
        with organization_scope(row.id):
            context = MemoryContext.objects.select_related("epoch").first()
        return context.epoch.model if context else "-"

    @admin.display(description="other models")
    def other_models(self, row: OrganizationMemory) -> str:
        with organization_scope(row.id):
            context = MemoryContext.objects.first()
            others = epochs_kept().exclude(id=context.epoch_id) if context else epochs_kept()
            shown = [epoch_present(one, context=context) for one in others] if context else []
        told = [f"{one['model']} {one['status']}, {one['filled']} of {one['memories']}" for one in shown]
        return "; ".join(told) or "-"

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

    @admin.display(description="running batches")
    def open_operations(self, row: OrganizationMemory) -> int:
        with organization_scope(row.id):
            return Operation.objects.filter(finished_at=None).count()

    @admin.display(description="pairs to review")
    def to_review(self, row: OrganizationMemory) -> int:
        with organization_scope(row.id):
            return Review.objects.to_decide(timezone.now()).count()

    @admin.display(description="grants in force")
    def grants(self, row: OrganizationMemory) -> int:
        with organization_scope(row.id):
            return Grant.objects.in_force(timezone.now()).count()

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


def _context(row: OrganizationMemory) -> MemoryContext | None:
    with organization_scope(row.id):
        return MemoryContext.objects.first()

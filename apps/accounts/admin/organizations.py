"""Organisations, their domains and looks."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline

from apps.accounts.admin.inlines import MembershipInline
from apps.accounts.admin.operators import operator
from apps.accounts.models import Branding, Domain, Organization
from apps.accounts.services.deletion import organization_restore
from apps.accounts.services.memberships import organization_rights_changed
from apps.core.admin import OperatorAdmin, ReadOnlyAdmin
from apps.core.exceptions import Conflict
from apps.events.services.outbox import emit


class DomainInline(TabularInline):
    model = Domain
    extra = 0
    fields = ["domain", "verified_at", "failing_since", "checked_at"]
    readonly_fields = ["domain", "verified_at", "failing_since", "checked_at"]
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False


@admin.register(Organization)
class OrganizationAdmin(OperatorAdmin):
    """Organisations are made by signing up (or `seed_demo`): only that way they get a schema."""

    list_display = ["name", "slug", "is_active", "members", "mfa_required", "delete_after", "created_at"]
    list_filter = ["is_active", "mfa_required"]
    search_fields = ["name", "slug", "id"]
    readonly_fields = ["id", "schema_name", "delete_after", "created_at"]
    fields = ["name", "slug", "is_active", "mfa_required", "delete_after", "id", "schema_name", "created_at"]
    actions = ["restore"]
    inlines = [DomainInline, MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        rows: QuerySet[Organization] = super().get_queryset(request)
        counted: QuerySet[Organization] = rows.annotate(member_count=Count("memberships"))
        return counted

    @admin.display(description="members", ordering="member_count")
    def members(self, row: Any) -> int:
        return int(row.member_count)

    @admin.action(description="Bring back before it is deleted", permissions=["change"])
    def restore(self, request: HttpRequest, rows: QuerySet[Organization]) -> None:
        for organization in rows:
            try:
                organization_restore(organization=organization, operator=operator(request), now=timezone.now())
            except Conflict as error:
                self.message_user(request, f"{organization}: {error.detail}", messages.WARNING)
            else:
                self.message_user(request, f"{organization} is back.")

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if form.changed_data:
                # What tokens issued before allow may have changed.
                organization_rights_changed(organization_id=obj.id)
                emit(
                    "organization.updated",
                    organization_id=obj.id,
                    actor=operator(request),
                    subject=("organization", obj.id),
                    now=timezone.now(),
                    changed={field: str(form.cleaned_data[field]) for field in form.changed_data},
                )

    def has_add_permission(self, request: HttpRequest) -> bool:
        del request
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False


@admin.register(Domain)
class DomainAdmin(ReadOnlyAdmin):
    """Domains are claimed by organisations and proven by DNS; nobody is given one by hand."""

    list_display = ["domain", "tenant", "verified_at", "failing_since", "checked_at"]
    search_fields = ["domain", "tenant__name"]


@admin.register(Branding)
class BrandingAdmin(ReadOnlyAdmin):
    list_display = ["organization", "name", "primary_color", "accent_color", "logo_hash"]
    list_select_related = ["organization"]
    search_fields = ["organization__name", "name"]
    fields = ["organization", "name", "primary_color", "accent_color", "logo_hash"]

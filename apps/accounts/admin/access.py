"""Who may do what: memberships, invitations, roles and keys."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.admin.operators import operator
from apps.accounts.models import ApiKey, CustomRole, Invitation, Membership
from apps.accounts.services.api_keys import key_end
from apps.accounts.services.memberships import membership_end, membership_role_change, role_check
from apps.core.admin import OperatorAdmin, ReadOnlyAdmin
from apps.core.exceptions import InvalidInput
from apps.events.services.outbox import emit


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    class Meta:
        model = Membership
        fields = ["user", "organization", "role"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        organization = cleaned.get("organization") or self.instance.organization
        try:
            role_check(str(cleaned.get("role")), organization_id=organization.id)
        except InvalidInput as error:
            raise ValidationError({"role": error.detail}) from None
        return cleaned


@admin.register(Membership)
class MembershipAdmin(OperatorAdmin):
    form = MembershipForm
    list_display = ["user", "organization", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["user", "organization"]
    search_fields = ["user__email", "organization__name", "organization__slug"]
    autocomplete_fields = ["user", "organization"]
    fields = ["user", "organization", "role", "permission_version", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        del request
        fixed = ["permission_version", "created_at"]
        return [*fixed, "user", "organization"] if obj else fixed

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        with transaction.atomic():
            if change:
                before = Membership.objects.get(id=obj.id).role
                membership_role_change(membership=obj, role=str(form.cleaned_data["role"]))
                event, data = "member.role_changed", {"before": before, "after": obj.role}
            else:
                super().save_model(request, obj, form, change)
                event, data = "member.joined", {"role": obj.role}
            self._emit(event, request, obj, **data)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        with transaction.atomic():
            membership_end(obj, now=timezone.now())
            self._emit("member.removed", request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for row in queryset.select_related("user", "organization"):
            self.delete_model(request, row)

    def _emit(self, name: str, request: HttpRequest, row: Membership, **data: object) -> None:
        emit(
            name,
            organization_id=row.organization_id,
            actor=operator(request),
            subject=("member", row.user_id),
            now=timezone.now(),
            email=row.user.email,
            **data,
        )


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = [
        "email",
        "organization",
        "role",
        "invited_by",
        "created_at",
        "expires_at",
        "accepted_at",
        "revoked_at",
    ]
    list_select_related = ["organization", "invited_by"]
    search_fields = ["email", "organization__name"]
    ordering = ["-created_at"]


@admin.register(CustomRole)
class CustomRoleAdmin(ReadOnlyAdmin):
    list_display = ["name", "title", "organization", "permissions", "created_at"]
    list_select_related = ["organization"]
    search_fields = ["name", "organization__name"]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys without their secrets, which nobody has."""

    list_display = ["name", "prefix", "organization", "created_by", "last_used_at", "expires_at", "revoked_at"]
    list_select_related = ["organization", "created_by"]
    search_fields = ["name", "prefix", "organization__name", "created_by__email"]
    ordering = ["-created_at"]
    exclude = ["secret_hash"]
    actions = ["revoke"]

    @admin.action(description="Revoke these keys", permissions=["view"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        now = timezone.now()
        for key in rows.filter(revoked_at=None):
            with transaction.atomic():
                key_end(key, now=now)
                emit(
                    "api_key.revoked",
                    organization_id=key.organization_id,
                    actor=operator(request),
                    subject=("api_key", key.id),
                    now=now,
                    key_name=key.name,
                )
        self.message_user(request, "The keys are revoked; they stop working within five seconds.")

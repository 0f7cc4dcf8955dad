"""Operators' pages for people and organisations.

Rights of people inside an organisation are changed through services, so that tokens issued before stop working.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminPasswordWidget

from apps.accounts.adapters import password_authenticate
from apps.accounts.exceptions import InvalidCredentials, RateLimited
from apps.accounts.models import Domain, Membership, Organization, User
from apps.accounts.permissions import Role
from apps.accounts.services.memberships import membership_role_change
from apps.accounts.services.passwords import password_check
from apps.core.exceptions import InvalidInput


class OperatorSignIn(AuthenticationForm):
    """The admin's sign-in under the same brute-force limits as the API's."""

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password and self.request is not None:
            try:
                user = password_authenticate(self.request, email=email, password=password)
            except (InvalidCredentials, RateLimited) as error:
                raise ValidationError(error.detail, code=error.code) from None
            # What django.contrib.auth.login wants to know of the back end that found the user.
            user.backend = "allauth.account.auth_backends.AuthenticationBackend"
            self.confirm_login_allowed(user)
            self.user_cache = user
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned


admin.site.login_form = OperatorSignIn
admin.site.unregister(Group)


class UserForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    password = forms.CharField(
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text="Leave empty to keep the present one.",
    )

    class Meta:
        model = User
        fields = ["email", "name", "is_active", "is_staff", "is_superuser"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_password(self) -> str:
        password = str(self.cleaned_data.get("password") or "")
        if password:
            try:
                password_check(password, user=self.instance)
            except InvalidInput as error:
                raise ValidationError(error.detail) from None
        return password


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    fields = ["organization", "user", "role", "created_at"]
    readonly_fields = ["organization", "user", "role", "created_at"]
    can_delete = False
    show_change_link = True
    # The row says it all; its title would be two ids.
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False


@admin.register(User)
class UserAdmin(ModelAdmin):
    form = UserForm
    list_display = ["email", "name", "is_active", "is_staff", "created_at"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    ordering = ["-created_at"]
    inlines = [MembershipInline]

    def save_model(self, request: HttpRequest, obj: User, form: UserForm, change: bool) -> None:  # noqa: FBT001 - Django's signature
        if form.cleaned_data.get("password"):
            obj.set_password(form.cleaned_data["password"])
        elif not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)


class DomainInline(TabularInline):
    model = Domain
    extra = 0


@admin.register(Organization)
class OrganizationAdmin(ModelAdmin):
    """Organisations are made by signing up (or `seed_demo`): only that way they get a schema."""

    list_display = ["name", "slug", "is_active", "members", "created_at"]
    list_filter = ["is_active"]
    search_fields = ["name", "slug", "id"]
    readonly_fields = ["id", "schema_name", "created_at"]
    fields = ["name", "slug", "is_active", "id", "schema_name", "created_at"]
    inlines = [DomainInline, MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        rows: QuerySet[Organization] = super().get_queryset(request)
        counted: QuerySet[Organization] = rows.annotate(member_count=Count("memberships"))
        return counted

    @admin.display(description="members", ordering="member_count")
    def members(self, row: Any) -> int:
        return int(row.member_count)

    def has_add_permission(self, request: HttpRequest) -> bool:
        del request
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False


@admin.register(Domain)
class DomainAdmin(ModelAdmin):
    list_display = ["domain", "tenant", "is_primary"]
    search_fields = ["domain", "tenant__name"]
    autocomplete_fields = ["tenant"]


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):
    list_display = ["user", "organization", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["user", "organization"]
    search_fields = ["user__email", "organization__name", "organization__slug"]
    autocomplete_fields = ["user", "organization"]
    fields = ["user", "organization", "role", "permission_version", "created_at"]
    readonly_fields = ["permission_version", "created_at"]

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_model(request, obj, form, change)
        if change and "role" in form.changed_data:
            membership_role_change(membership=obj, role=Role(obj.role))

"""Operators' own sign-in, people, and their sessions."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminPasswordWidget

from apps.accounts.adapters import password_authenticate
from apps.accounts.admin.inlines import MembershipInline
from apps.accounts.admin.operators import operator
from apps.accounts.exceptions import InvalidCredentials, RateLimited
from apps.accounts.models import Session, User
from apps.accounts.services.passwords import password_check
from apps.accounts.services.sessions import session_end, sessions_end_all
from apps.core.admin import ReadOnlyAdmin
from apps.core.exceptions import InvalidInput
from apps.events.services import emit


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


@admin.register(User)
class UserAdmin(ModelAdmin):
    form = UserForm
    list_display = ["email", "name", "is_active", "is_staff", "created_at"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    ordering = ["-created_at"]
    inlines = [MembershipInline]
    actions = ["sign_out"]

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out(self, request: HttpRequest, rows: QuerySet[User]) -> None:
        now = timezone.now()
        for user in rows:
            with transaction.atomic():
                sessions_end_all(user_id=user.id, now=now)
                emit(
                    "session.ended_everywhere",
                    organization_id=None,
                    actor=operator(request),
                    subject=("user", user.id),
                    now=now,
                )
        self.message_user(request, f"{len(rows)} people are signed out; their tokens end within five seconds.")

    def save_model(self, request: HttpRequest, obj: User, form: UserForm, change: bool) -> None:  # noqa: FBT001 - Django's signature
        if form.cleaned_data.get("password"):
            obj.set_password(form.cleaned_data["password"])
        elif not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    list_display = ["user", "ip", "user_agent", "methods", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "ip"]
    ordering = ["-last_used_at"]
    actions = ["end"]

    @admin.action(description="End these sessions", permissions=["view"])
    def end(self, request: HttpRequest, rows: QuerySet[Session]) -> None:
        now = timezone.now()
        for session in rows.filter(revoked_at=None):
            with transaction.atomic():
                session_end(session_id=session.id, now=now)
                emit(
                    "session.ended",
                    organization_id=None,
                    actor=operator(request),
                    subject=("session", session.id),
                    now=now,
                    user_id=str(session.user_id),
                )
        self.message_user(request, "The sessions are ended; their tokens stop working within five seconds.")

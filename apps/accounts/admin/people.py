"""Operators' own sign-in, people, and their sessions."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from apps.accounts.adapters import password_authenticate, second_factor_limit, second_factor_limit_lift
from apps.accounts.admin.inlines import MembershipInline
from apps.accounts.admin.operators import operator
from apps.accounts.exceptions import InvalidCode, InvalidCredentials, RateLimited
from apps.accounts.models import Session, SigningKey, User
from apps.accounts.selectors.second_factors import user_has_mfa
from apps.accounts.services.passwords import password_check
from apps.accounts.services.second_factors import operator_code_use, second_factors_reset
from apps.accounts.services.sessions import session_end, sessions_end_all
from apps.core.admin import OperatorAdmin, ReadOnlyAdmin
from apps.core.exceptions import InvalidInput
from apps.events.services.outbox import emit
from apps.events.types import Actor, ActorKind


class OperatorSignIn(AuthenticationForm):
    """The admin's sign-in under the same brute-force limits as the API's, and with the same second factors."""

    code = forms.CharField(
        required=False,
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code"}),
        label="Code",
        help_text="Of your authenticator app, or a recovery code, if you have set one up.",
    )

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password and self.request is not None:
            try:
                user = password_authenticate(self.request, email=email, password=password)
            except (InvalidCredentials, RateLimited) as error:
                raise ValidationError(error.detail, code=error.code) from None
            self._prove_second_factor(user)
            # What django.contrib.auth.login wants to know of the back end that found the user.
            user.backend = "allauth.account.auth_backends.AuthenticationBackend"
            self.confirm_login_allowed(user)
            emit(
                "operator.signed_in",
                organization_id=None,
                actor=Actor(ActorKind.OPERATOR, str(user.id)),
                subject=("user", user.id),
                now=timezone.now(),
            )
            self.user_cache = user
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned

    def _prove_second_factor(self, user: User) -> None:
        if not user_has_mfa(user_id=user.id):
            return
        code = self.cleaned_data.get("code")
        if not code:
            raise ValidationError(
                "A code is needed: of your authenticator app, or a recovery code.", code="mfa_required"
            )
        try:
            second_factor_limit(self.request, user_id=user.id)
            operator_code_use(user=user, code=code, now=timezone.now())
            second_factor_limit_lift(self.request, user_id=user.id)
        except (InvalidCode, RateLimited) as error:
            raise ValidationError(error.detail, code=error.code) from None


admin.site.login_form = OperatorSignIn
admin.site.unregister(Group)
# Its rows are people's keys; what may be done with them is an action of the person's page.
admin.site.unregister(Authenticator)
# Providers are configured by the environment, and keep no tokens of theirs.
for model in (SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(model)


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    """The keys of tokens; `manage.py rotate_jwt_keys` replaces them."""

    list_display = ["kid", "algorithm", "state", "created_at", "activated_at", "retired_at"]
    list_filter = ["state", "algorithm"]
    fields = ["kid", "algorithm", "state", "public", "created_at", "activated_at", "retired_at"]
    ordering = ["-created_at"]


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
class UserAdmin(OperatorAdmin):
    form = UserForm
    list_display = ["email", "name", "is_active", "is_staff", "created_at"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    ordering = ["-created_at"]
    inlines = [MembershipInline]
    actions = ["sign_out", "take_away_second_factors"]

    @admin.action(description="Take away lost second factors, and end all sessions", permissions=["change"])
    def take_away_second_factors(self, request: HttpRequest, rows: QuerySet[User]) -> None:
        having = [user for user in rows if user_has_mfa(user_id=user.id)]
        for user in having:
            second_factors_reset(user=user, operator=operator(request), now=timezone.now())
        self.message_user(request, f"{len(having)} people have no second factor any more; a mail tells them.")

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

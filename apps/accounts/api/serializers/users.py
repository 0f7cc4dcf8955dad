"""People."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers.fields import MAX_PASSWORD_LENGTH, PLAIN_NAME, EmailField, NameField
from apps.accounts.api.serializers.organizations import (
    BrandedOrganizationOutput,
    MemberOrganizationOutput,
    OrganizationOutput,
)
from apps.accounts.api.serializers.sessions import TokensInput, TokensOutput
from apps.core.api.serializers import StrictSerializer


class UserOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()


class SignupOutput(TokensOutput):
    user = UserOutput()
    org = OrganizationOutput()


class SecondFactorsOutput(serializers.Serializer[Any]):
    totp = serializers.BooleanField()
    passkeys = serializers.IntegerField()
    recovery_codes = serializers.IntegerField(help_text="Those not used yet.")


class ProfileOutput(UserOutput):
    name = serializers.CharField()
    email_verified = serializers.BooleanField()
    has_password = serializers.BooleanField()
    mfa = SecondFactorsOutput()
    delete_after = serializers.DateTimeField(allow_null=True)
    pending_email = serializers.EmailField(allow_null=True)


class ProfilePatch(StrictSerializer):
    name = serializers.CharField(allow_blank=True, max_length=100, validators=[PLAIN_NAME])


class DeleteInput(StrictSerializer):
    confirm = serializers.CharField(max_length=254, help_text="Your e-mail address, or the organisation's short name.")


class DeleteOutput(serializers.Serializer[Any]):
    delete_after = serializers.DateTimeField(help_text="Until then it can be taken back.")


class EmailChangeInput(StrictSerializer):
    email = EmailField()


class MeOutput(serializers.Serializer[Any]):
    user = ProfileOutput()
    org = BrandedOrganizationOutput()
    roles = serializers.ListField(child=serializers.CharField())
    permissions = serializers.ListField(child=serializers.CharField())
    mfa_enrollment_required = serializers.BooleanField(
        help_text="The organisation demands a second factor, and until you have one you may do nothing in it."
    )
    session_id = serializers.UUIDField()
    authenticated_at = serializers.DateTimeField(help_text="When you last proved who you are.")
    memory_context = serializers.CharField()
    subscription_tier = serializers.CharField()
    orgs = MemberOrganizationOutput(many=True)


class SignupInput(TokensInput):
    email = EmailField()
    password = serializers.CharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)
    org_name = NameField()
    name = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=100, validators=[PLAIN_NAME], help_text="Your name."
    )
    memory_domain = serializers.CharField(required=False, max_length=50, default=None, allow_null=True)


class EmailVerifyInput(StrictSerializer):
    key = serializers.CharField(max_length=200)


class EmailVerifyOutput(serializers.Serializer[Any]):
    email = serializers.EmailField()

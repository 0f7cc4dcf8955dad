"""People."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers.fields import MAX_PASSWORD_LENGTH, PLAIN_NAME, EmailField, NameField
from apps.accounts.api.serializers.organizations import MemberOrganizationOutput, OrganizationOutput
from apps.accounts.api.serializers.sessions import TokensInput, TokensOutput
from apps.core.api.serializers import StrictSerializer


class UserOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()


class SignupOutput(TokensOutput):
    user = UserOutput()
    org = OrganizationOutput()


class ProfileOutput(UserOutput):
    name = serializers.CharField()
    email_verified = serializers.BooleanField()


class MeOutput(serializers.Serializer[Any]):
    user = ProfileOutput()
    org = OrganizationOutput()
    roles = serializers.ListField(child=serializers.CharField())
    permissions = serializers.ListField(child=serializers.CharField())
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

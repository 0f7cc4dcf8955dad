"""Organisations."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers.branding import BrandingOutput
from apps.accounts.api.serializers.fields import NameField
from apps.core.api.serializers import StrictSerializer


class OrganizationOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class BrandedOrganizationOutput(OrganizationOutput):
    branding = BrandingOutput()


class SettingsOutput(serializers.Serializer[Any]):
    mfa_required = serializers.BooleanField()


class SettingsPatch(StrictSerializer):
    mfa_required = serializers.BooleanField(help_text="Members may do nothing until they have a second factor.")


class MemberOrganizationOutput(OrganizationOutput):
    role = serializers.CharField()


class OrganizationInput(StrictSerializer):
    name = NameField()
    memory_domain = serializers.CharField(required=False, max_length=50, default=None, allow_null=True)


class OrganizationPatch(StrictSerializer):
    name = NameField(required=False)
    slug = serializers.RegexField(r"\A[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])?\Z", required=False)


class OrganizationPage(serializers.Serializer[Any]):
    results = MemberOrganizationOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()

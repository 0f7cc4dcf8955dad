"""How an organisation looks, and its host names."""

import re
from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers.fields import NameField
from apps.core.api.serializers import StrictSerializer

_COLOR = r"\A#[0-9a-f]{6}\Z"
# Letters, digits and hyphens between dots, at least one dot, no address: RFC 1123.
_HOST = r"\A(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])\Z"


class BrandingOutput(serializers.Serializer[Any]):
    """Null stands for the platform's own."""

    name = serializers.CharField(allow_null=True)
    primary_color = serializers.CharField(allow_null=True)
    accent_color = serializers.CharField(allow_null=True)
    logo_url = serializers.CharField(allow_null=True)


class ColorField(serializers.RegexField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(_COLOR, allow_null=True, help_text="#rrggbb, or null for the platform's own.", **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data.lower() if isinstance(data, str) else data)


class BrandingPatch(StrictSerializer):
    name = NameField(required=False, allow_null=True)
    primary_color = ColorField(required=False)
    accent_color = ColorField(required=False)


class LogoInput(StrictSerializer):
    file = serializers.FileField(help_text="PNG, JPEG or WebP, at most 512 KB.")


class HostOrganizationOutput(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class HostBrandingOutput(BrandingOutput):
    organization = HostOrganizationOutput(allow_null=True)


class DomainInput(StrictSerializer):
    domain = serializers.CharField(max_length=253, help_text="A host name such as app.example.com.")

    def validate_domain(self, value: str) -> str:
        name = value.strip().lower().rstrip(".")
        if not re.fullmatch(_HOST, name):
            raise serializers.ValidationError("This is not a host name such as app.example.com.", code="invalid")
        return name


class DomainOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    domain = serializers.CharField()
    status = serializers.ChoiceField(["pending", "verified", "failing"])
    txt_name = serializers.CharField()
    txt_value = serializers.CharField()
    verified_at = serializers.DateTimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class DomainPage(serializers.Serializer[Any]):
    results = DomainOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()

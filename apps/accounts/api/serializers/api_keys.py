"""API keys."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers.fields import NameField
from apps.accounts.api.serializers.members import PermissionsField, PersonOutput
from apps.core.api.serializers import PageQuery, StrictSerializer

MAX_OVERLAP_HOURS = 168


class ApiKeysQuery(PageQuery):
    active = serializers.BooleanField(required=False, default=False, help_text="Only keys that hold.")


class ApiKeyInput(StrictSerializer):
    name = NameField()
    scopes = PermissionsField(allow_empty=False)
    expires_at = serializers.DateTimeField(required=False, default=None, allow_null=True)


class RotateInput(StrictSerializer):
    overlap_hours = serializers.IntegerField(required=False, default=24, min_value=0, max_value=MAX_OVERLAP_HOURS)


class ApiKeyOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    created_by = PersonOutput()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    status = serializers.ChoiceField(["active", "expired", "revoked"])
    rotated_from = serializers.UUIDField(allow_null=True)


class NewApiKeyOutput(ApiKeyOutput):
    secret = serializers.CharField(help_text="Shown this once.")


class ApiKeyPage(serializers.Serializer[Any]):
    results = ApiKeyOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()

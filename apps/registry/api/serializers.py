"""Shapes of the registry's requests and answers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api.serializers import StrictSerializer


class EnableInput(StrictSerializer):
    permissions_accepted = serializers.ListField(child=serializers.CharField(max_length=63), max_length=50)


class ConfigInput(StrictSerializer):
    config = serializers.DictField()


class HistoryQuery(StrictSerializer):
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=120)


@extend_schema_field({"type": "object", "additionalProperties": True})
class AnyObject(serializers.JSONField):
    pass


class HealthOutput(serializers.Serializer[Any]):
    state = serializers.CharField()
    is_serving = serializers.BooleanField()
    checked_at = serializers.DateTimeField(allow_null=True)
    contract_errors = serializers.ListField(child=serializers.CharField())


class UiComponentOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    path = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField(), required=False)
    memory_context = serializers.CharField(required=False)


class ModuleOutput(serializers.Serializer[Any]):
    module_id = serializers.CharField()
    name = serializers.CharField()
    version = serializers.CharField()
    description = serializers.CharField()
    icon = serializers.CharField()
    features = serializers.ListField(child=serializers.CharField())
    permissions = serializers.ListField(child=serializers.CharField())
    memory_requirements = AnyObject()
    ui_components = UiComponentOutput(many=True)
    has_config = serializers.BooleanField()
    status = serializers.CharField()
    health = HealthOutput()
    enabled = serializers.BooleanField()
    permissions_accepted = serializers.ListField(child=serializers.CharField())
    permissions_pending = serializers.ListField(child=serializers.CharField())


class ModulePageOutput(serializers.Serializer[Any]):
    results = ModuleOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class VersionOutput(serializers.Serializer[Any]):
    version = serializers.CharField()
    registered_at = serializers.DateTimeField()


class ModuleWholeOutput(ModuleOutput):
    config_schema = AnyObject()
    routes = serializers.ListField(child=AnyObject())
    versions = VersionOutput(many=True)


class ChangeOutput(serializers.Serializer[Any]):
    field = serializers.CharField()
    before = AnyObject(allow_null=True)
    after = AnyObject(allow_null=True)


class RegisteredOutput(serializers.Serializer[Any]):
    module_id = serializers.CharField()
    version = serializers.CharField()
    status = serializers.ChoiceField(["created", "updated", "unchanged"])
    state = serializers.CharField()
    changes = ChangeOutput(many=True)


class ConfigOutput(serializers.Serializer[Any]):
    config = AnyObject()
    version = serializers.IntegerField()


class HealthCheckOutput(serializers.Serializer[Any]):
    checked_at = serializers.DateTimeField()
    ok = serializers.BooleanField()
    latency_ms = serializers.FloatField()
    detail = serializers.CharField()
    state = serializers.CharField()


class HealthHistoryOutput(HealthOutput):
    history = HealthCheckOutput(many=True)


class ModuleTokenOutput(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()

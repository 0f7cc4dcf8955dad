"""The shapes of the status data."""

from rest_framework import serializers

STATUSES = ["operational", "degraded", "outage"]


class ComponentOutput(serializers.Serializer[None]):
    name = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    consequence = serializers.CharField(help_text="What is lost meanwhile; empty when all is well.", allow_blank=True)
    since = serializers.DateTimeField(allow_null=True, help_text="Since when it is not well, as far as is known.")


class IncidentOutput(serializers.Serializer[None]):
    component = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class StatusOutput(serializers.Serializer[None]):
    status = serializers.ChoiceField(STATUSES)
    components = ComponentOutput(many=True)
    incidents = IncidentOutput(many=True)
    as_of = serializers.DateTimeField()

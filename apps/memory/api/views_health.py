"""How the organisation's memory is."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.memory.api.base import MemoryApiView
from apps.memory.selectors.health import memory_health


class MemoryIndexOutput(serializers.Serializer[None]):
    loaded = serializers.BooleanField(help_text="Whether the process that answers has it at hand.")
    bytes = serializers.IntegerField()


class MemoryProblemOutput(serializers.Serializer[None]):
    code = serializers.ChoiceField(["engine_unavailable", "texts_wait", "operations_failed"])
    consequence = serializers.CharField()


class MemoryHealthOutput(serializers.Serializer[None]):
    status = serializers.ChoiceField(["ok", "degraded", "down"])
    memories = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Texts that the models have not read yet.")
    oldest_waiting_seconds = serializers.FloatField(allow_null=True)
    failed_operations = serializers.IntegerField(help_text="Of the last seven days, those with a failed text.")
    last_stored_at = serializers.DateTimeField(allow_null=True)
    embedding_model = serializers.CharField()
    index = MemoryIndexOutput()
    problems = MemoryProblemOutput(many=True)


class MemoryHealthView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(responses=MemoryHealthOutput)
    def get(self, request: Request) -> Response:
        """How the memory is: what it holds, what waits to be read, and what is lost meanwhile."""
        return Response(memory_health(organization_id=self.principal.organization_id, now=timezone.now()))

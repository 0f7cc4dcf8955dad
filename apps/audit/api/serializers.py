"""What the audit trail takes and answers."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from apps.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from apps.core.api.serializers import StrictSerializer
from apps.events.catalogue import EVENTS
from apps.events.types import ActorKind

AREAS = sorted({name.partition(".")[0] for name in EVENTS})
MAX_ACTIONS = 5_000


class AuditFilter(StrictSerializer):
    """Which entries: `range` as `30d` or `24h`, or `from` and `to`; all of them without."""

    action = serializers.CharField(required=False, max_length=MAX_ACTIONS, help_text="Names with commas between them.")
    area = serializers.ChoiceField(AREAS, required=False)
    actor_kind = serializers.ChoiceField([kind.value for kind in ActorKind], required=False)
    actor_id = serializers.CharField(required=False, max_length=64)
    subject_kind = serializers.CharField(required=False, max_length=30)
    subject_id = serializers.CharField(required=False, max_length=64)
    request_id = serializers.CharField(required=False, max_length=64)
    ip = serializers.IPAddressField(required=False)
    range = serializers.RegexField(r"^[1-9]\d{0,3}[hd]$", required=False, help_text="`30d`, `24h`")
    to = serializers.DateTimeField(required=False)

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]  # generic only in the stubs
        # The name is a word of Python's.
        return {**super().get_fields(), "from": serializers.DateTimeField(required=False)}

    def validate_action(self, value: str) -> list[str]:
        names = [name for name in value.split(",") if name]
        unknown = [name for name in names if name not in EVENTS]
        if unknown:
            raise serializers.ValidationError(f"There is no event {unknown[0]}.", code="unknown_type")
        return names

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "range" in attrs and ("from" in attrs or "to" in attrs):
            raise serializers.ValidationError({"range": "Give either range, or from and to."})
        return attrs


def lookups(query: dict[str, Any]) -> dict[str, Any]:
    """Return the lookups of the model that a filter stands for."""
    plain = ("actor_kind", "actor_id", "subject_kind", "subject_id", "request_id", "ip")
    found = {name: query[name] for name in plain if name in query}
    if "action" in query:
        found["action__in"] = query["action"]
    if "area" in query:
        found["action__startswith"] = f"{query['area']}."
    if "range" in query:
        count, unit = int(query["range"][:-1]), query["range"][-1]
        found["occurred_at__gte"] = timezone.now() - (timedelta(hours=count) if unit == "h" else timedelta(days=count))
    if "from" in query:
        found["occurred_at__gte"] = query["from"]
    if "to" in query:
        found["occurred_at__lt"] = query["to"]
    return found


class AuditQuery(AuditFilter):
    cursor = serializers.RegexField(r"^\d{1,18}$", required=False)
    limit = serializers.IntegerField(required=False, default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)


class AuditExportQuery(AuditFilter):
    format = serializers.ChoiceField(["csv", "jsonl"], required=False, default="jsonl")


class AuditVerifyInput(StrictSerializer):
    after = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**62)


class AuditActorOutput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField([kind.value for kind in ActorKind])
    id = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True, help_text="As it is now; empty for who is gone.")


class AuditSubjectOutput(serializers.Serializer[Any]):
    kind = serializers.CharField()
    id = serializers.CharField(allow_blank=True)


class AuditEntryOutput(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    action = serializers.CharField(help_text="See /events/types.")
    actor = AuditActorOutput()
    subject = AuditSubjectOutput()
    data = serializers.DictField()  # type: ignore[assignment]  # of a serializer that is only described
    request_id = serializers.CharField()
    ip = serializers.CharField(allow_null=True)
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    hash = serializers.CharField()


class AuditPage(serializers.Serializer[Any]):
    results = AuditEntryOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class FaultOutput(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    reason = serializers.CharField()


class HeadOutput(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    hash = serializers.CharField()
    signature = serializers.CharField()
    key_id = serializers.CharField()
    recorded_at = serializers.DateTimeField(allow_null=True)


class VerificationOutput(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    checked = serializers.IntegerField()
    first_bad = FaultOutput(allow_null=True)
    head = HeadOutput(allow_null=True)
    next = serializers.IntegerField(allow_null=True, help_text="Where to go on: send it as `after`.")


class AuditKeyOutput(serializers.Serializer[Any]):
    key_id = serializers.CharField()
    public_key = serializers.CharField(help_text="Ed25519, base64.")


class AuditKeyPage(serializers.Serializer[Any]):
    results = AuditKeyOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()

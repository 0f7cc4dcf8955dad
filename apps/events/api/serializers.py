"""What the feed takes and answers."""

import re
from typing import Any

from rest_framework import serializers

from apps.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from apps.core.api.serializers import StrictSerializer
from apps.events.catalogue import EVENTS
from apps.events.selectors import IN_FEED
from apps.events.types import ActorKind, Event

MAX_TYPES_LENGTH = 5_000
_CURSOR = re.compile(r"\d{1,18}")


def event_present(event: Event) -> dict[str, Any]:
    """Return an event as the feed, streams and webhooks tell it: without the address that it came from."""
    return {
        "id": str(event.id),
        "cursor": str(event.position),
        "type": event.name,
        "occurred_at": event.occurred_at.isoformat(),
        "actor": {"kind": event.actor.kind.value, "id": event.actor.id},
        "subject": {"kind": event.subject_kind, "id": event.subject_id},
        "data": event.data,
        "request_id": event.request_id,
    }


def cursor_position(text: str) -> int:
    """Return the position that a cursor names; raises `ValueError`."""
    if not _CURSOR.fullmatch(text):
        raise ValueError(text)
    return int(text)


def types_of(text: str) -> list[str]:
    """Return the names in a list with commas; raises `ValueError` with the first that the feed does not have."""
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in IN_FEED:
            raise ValueError(name)
    return names


class CursorField(serializers.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=18, **options)

    def to_internal_value(self, data: Any) -> Any:
        try:
            return cursor_position(super().to_internal_value(data))
        except ValueError:
            raise serializers.ValidationError("This is not a cursor that we gave out.", code="invalid_cursor") from None


class TypesField(serializers.CharField):
    """Names of event types with commas between them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_TYPES_LENGTH, help_text="Names with commas between them.", **options)

    def to_internal_value(self, data: Any) -> Any:
        try:
            return types_of(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(f"The feed has no events of type {error}.", code="unknown_type") from None


class EventsQuery(StrictSerializer):
    cursor = CursorField(required=False)
    limit = serializers.IntegerField(required=False, default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)
    types = TypesField(required=False)
    order = serializers.ChoiceField(["asc", "desc"], required=False, default="asc")


class ActorOutput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField([kind.value for kind in ActorKind])
    id = serializers.CharField(allow_blank=True)


class SubjectOutput(serializers.Serializer[Any]):
    kind = serializers.CharField()
    id = serializers.CharField(allow_blank=True)


class EventOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    cursor = serializers.CharField(help_text="Its place in the organisation's order. Resume behind it.")
    type = serializers.CharField(help_text="See /events/types.")
    occurred_at = serializers.DateTimeField()
    actor = ActorOutput()
    subject = SubjectOutput()
    data = serializers.DictField()  # type: ignore[assignment]  # of a serializer that is only described
    request_id = serializers.CharField()


class EventPage(serializers.Serializer[Any]):
    results = EventOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class EventTypeOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.CharField()
    area = serializers.CharField()
    schema = serializers.DictField(help_text="JSON Schema of an event's `data`.")
    in_feed = serializers.BooleanField(help_text="Whether the feed, streams and webhooks tell of it.")


class EventTypePage(serializers.Serializer[Any]):
    results = EventTypeOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


def event_types() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "description": kind.description,
            "area": name.partition(".")[0],
            "schema": kind.schema,
            "in_feed": kind.in_feed,
        }
        for name, kind in sorted(EVENTS.items())
    ]

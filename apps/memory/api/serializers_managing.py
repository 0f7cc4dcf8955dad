"""Input and output of managing the memory: lists, facets, edits, history and bulk actions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Never

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api.serializers import PageQuery, StrictSerializer
from apps.memory.api.serializers import (
    AsOfInput,
    FilterField,
    FilterTextField,
    InstantField,
    MemoryOutput,
    MetadataField,
    StoreInput,
    TypeField,
)
from apps.memory.engine.filters import Comparison, FilterError, parse_filter
from apps.memory.types import (
    MAX_BULK_IDS,
    BulkAction,
    DifferenceKind,
    MemoryConditions,
    RevisionAction,
    Shelf,
)

ORDERS = [
    sign + column
    for column in ("recorded_at", "revised_at", "occurred_at", "memory_type", "source")
    for sign in ("-", "")
]
MAX_FACETS = 5
MAX_TEXT = 200
MAX_CLUSTER = 1_000

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class WindowInput(StrictSerializer):
    """A window of the time of the event; it includes its start and excludes its end."""

    occurred_after = InstantField(required=False)
    occurred_before = InstantField(required=False)
    range = serializers.RegexField(
        r"\A[1-9][0-9]{0,3}[hdw]\Z", required=False, help_text="The time until now: 12h, 30d, 4w."
    )

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's own.
        ends = {
            "from": InstantField(required=False, help_text="The same as occurred_after."),
            "to": InstantField(required=False, help_text="The same as occurred_before."),
        }
        return {**super().get_fields(), **ends}

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        for name, others in (
            ("range", ("from", "to", "occurred_after", "occurred_before")),
            ("from", ("occurred_after",)),
            ("to", ("occurred_before",)),
        ):
            if name in fields and any(other in fields for other in others):
                _refuse(name, f"Give either {name} or {' or '.join(others)}.", code="contradiction")
        return fields


class ConditionsInput(WindowInput):
    """Which memories."""

    memory_type = TypeField(required=False)
    q = serializers.CharField(
        required=False, max_length=MAX_TEXT, trim_whitespace=False, help_text="Part of the text, in capitals or not."
    )
    entity_id = serializers.UUIDField(required=False, help_text="An entity that they name, under whatever name.")
    cluster = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_CLUSTER, help_text="A cluster of the latest insights, by its id."
    )
    hour_of_week = serializers.IntegerField(
        required=False, min_value=0, max_value=167, help_text="When it happened; from Monday, 0 o'clock, UTC."
    )


def conditions_of(fields: Mapping[str, Any], *, now: datetime) -> MemoryConditions:
    """Return the conditions among validated fields."""
    token: str = fields.get("range", "")
    span = int(token[:-1]) * _UNITS[token[-1]] if token else None
    return MemoryConditions(
        memory_type=fields.get("memory_type"),
        filter=fields.get("filters"),
        text=fields.get("q", ""),
        occurred_after=fields.get("occurred_after") or fields.get("from") or (now - span if span else None),
        occurred_before=fields.get("occurred_before") or fields.get("to") or (now if span else None),
        entity_id=fields.get("entity_id"),
        cluster=fields.get("cluster"),
        hour_of_week=fields.get("hour_of_week"),
    )


class StateQuery(ConditionsInput, AsOfInput):
    filters = FilterTextField(required=False)
    state = serializers.ChoiceField(
        choices=[shelf.value for shelf in Shelf],
        default=Shelf.LIVE.value,
        help_text="Where they are now; only live ones are read as of a moment.",
    )


class ListQuery(StateQuery, PageQuery):
    ordering = serializers.ChoiceField(choices=ORDERS, default=ORDERS[0])


@extend_schema_field({"type": "array", "items": {"type": "string"}, "maxItems": MAX_FACETS})
class PathsField(serializers.ListField):
    """Paths into the metadata, such as `team` or `deep.key`."""

    child = serializers.CharField(max_length=1_000, trim_whitespace=False)

    def to_internal_value(self, data: Any) -> dict[str, tuple[str, ...]]:  # type: ignore[override]  # names and their paths
        return {name: _path(name) for name in super().to_internal_value(data)}


def _path(name: str) -> tuple[str, ...]:
    try:
        condition = parse_filter({f"metadata.{name}": {"exists": True}})
    except FilterError as error:
        raise serializers.ValidationError(error.detail, code=error.code) from None
    return condition.field.path if isinstance(condition, Comparison) else ()


class FacetsQuery(StateQuery):
    metadata = PathsField(
        required=False, max_length=MAX_FACETS, help_text="A path into the metadata; may be given up to five times."
    )


class MemoryPage(serializers.Serializer[Any]):
    results = MemoryOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


@extend_schema_field({"type": ["string", "number", "boolean", "null"]})
class ScalarField(serializers.Field[Any, Any, Any, Any]):
    """A value of a facet."""


class FacetValueOutput(serializers.Serializer[Any]):
    value = ScalarField(allow_null=True)
    count = serializers.IntegerField()


class MonthOutput(serializers.Serializer[Any]):
    month = serializers.CharField(help_text="Such as 2026-03, in UTC.")
    count = serializers.IntegerField()


class FacetOutput(serializers.Serializer[Any]):
    values = FacetValueOutput(many=True)
    other = serializers.IntegerField(help_text="The memories that have a rarer value.")


class MetadataFacetOutput(FacetOutput):
    missing = serializers.IntegerField(help_text="The memories that have no value there.")


class MonthsOutput(serializers.Serializer[Any]):
    values = MonthOutput(many=True)
    other = serializers.IntegerField(help_text="The memories of earlier months.")


class FacetsOutput(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    memory_type = FacetOutput()
    module = FacetOutput()
    source = FacetOutput()  # type: ignore[assignment]  # hides DRF's attribute
    months = MonthsOutput()
    metadata = serializers.DictField(child=MetadataFacetOutput())


class ReasonInput(StrictSerializer):
    reason = serializers.CharField(
        required=False, max_length=500, allow_blank=True, help_text="Why, for those who read its history."
    )


class SupersedeInput(ReasonInput):
    by = serializers.UUIDField(allow_null=True, help_text="The memory that holds instead; null for none.")


class MemoryPatch(ReasonInput):
    """What changes; null clears where it is allowed. The metadata are replaced as a whole."""

    content = serializers.CharField(required=False, trim_whitespace=False)
    metadata = MetadataField(required=False)
    memory_type = TypeField(required=False)
    source = serializers.CharField(required=False, max_length=200, allow_blank=True, allow_null=True)  # type: ignore[assignment]  # hides DRF's attribute
    occurred_at = InstantField(required=False)
    occurred_end = InstantField(required=False, allow_null=True)
    expires_at = InstantField(required=False, allow_null=True)

    def validate_content(self, content: str) -> str:
        return StoreInput().validate_content(content)

    def validate_source(self, source: str | None) -> str:
        return source or ""


class RevisionOutput(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    action = serializers.ChoiceField(choices=[(action.value, action.name) for action in RevisionAction])
    recorded_at = serializers.DateTimeField()
    replaced_at = serializers.DateTimeField(allow_null=True)
    recorded_by = serializers.UUIDField(allow_null=True, help_text="Who made this revision, if it was a person.")
    current = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True, help_text="Why it was made, if that was said.")
    changed = serializers.ListField(child=serializers.CharField(), help_text="What differs from the revision before.")
    content = serializers.CharField()
    metadata = serializers.DictField()
    memory_type = serializers.CharField()
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # hides DRF's attribute
    occurred_at = serializers.DateTimeField()
    occurred_end = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)
    superseded_by = serializers.UUIDField(allow_null=True)
    superseded_at = serializers.DateTimeField(allow_null=True)


class DiffQuery(PageQuery):
    """Two moments of the clock of recording."""

    memory_type = TypeField(required=False)

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's own.
        ends = {
            "from": InstantField(help_text="What was known then."),
            "to": InstantField(required=False, help_text="What is known now, or was known then."),
        }
        return {**super().get_fields(), **ends}


class DifferenceOutput(serializers.Serializer[Any]):
    memory_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[(kind.value, kind.name) for kind in DifferenceKind])
    cause = serializers.ChoiceField(
        choices=[(action.value, action.name) for action in RevisionAction], help_text="What happened to it last."
    )
    changed = serializers.ListField(child=serializers.CharField(), help_text="The fields that differ.")
    before = MemoryOutput(allow_null=True, help_text="Null where it was not to be read, or was deleted for good since.")
    after = MemoryOutput(allow_null=True, help_text="Likewise.")


class DiffPage(serializers.Serializer[Any]):
    results = DifferenceOutput(many=True)
    next = serializers.CharField(allow_null=True)


class HistoryPage(serializers.Serializer[Any]):
    results = RevisionOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class BulkSetInput(StrictSerializer):
    memory_type = TypeField(required=False)
    metadata = MetadataField(required=False, help_text="Merged into what is there; null removes a key (RFC 7396).")

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        if not fields:
            raise serializers.ValidationError("There is nothing to set.", code="empty")
        return fields


# What says what to do with memories, and how, but not with which.
_NOT_WHICH = frozenset({"ids", "all", "action", "set", "reason", "dry_run"})


class ChosenInput(ConditionsInput):
    """Either ids or conditions; `all` is how to mean every memory."""

    ids = serializers.ListField(child=serializers.UUIDField(), required=False, min_length=1, max_length=MAX_BULK_IDS)
    filters = FilterField(required=False)
    all = serializers.BooleanField(default=False, help_text="Needed when there are neither ids nor conditions.")

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        fields = super().validate(fields)
        if "ids" in fields and (fields.keys() - _NOT_WHICH or fields["all"]):
            _refuse("ids", "Give either ids or conditions.", code="contradiction")
        if "ids" not in fields and not fields["all"] and conditions_of(fields, now=timezone.now()).empty:
            _refuse("all", "Without ids and conditions this means every memory: say so with true.", code="required")
        return fields


class BulkInput(ChosenInput):
    action = serializers.ChoiceField(choices=[(action.value, action.name) for action in BulkAction])
    set = BulkSetInput(required=False, help_text="What an update changes.")
    dry_run = serializers.BooleanField(default=False, help_text="Tell what would happen, and do nothing.")
    reason = serializers.CharField(
        required=False, max_length=500, allow_blank=True, help_text="Why, for those who read their history."
    )

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        fields = super().validate(fields)
        if (fields["action"] == BulkAction.UPDATE) != ("set" in fields):
            _refuse("set", "An update, and nothing else, needs what to set.", code="contradiction")
        return fields


def _refuse(name: str, reason: str, *, code: str) -> Never:
    raise serializers.ValidationError({name: [serializers.ErrorDetail(reason, code=code)]})


class BulkErrorOutput(serializers.Serializer[Any]):
    memory_id = serializers.UUIDField()
    code = serializers.CharField()
    detail = serializers.CharField()


class BulkOutput(serializers.Serializer[Any]):
    action = serializers.CharField()
    dry_run = serializers.BooleanField()
    done = serializers.IntegerField()
    unchanged = serializers.IntegerField(help_text="They were as asked already.")
    failed = serializers.IntegerField()
    errors = BulkErrorOutput(many=True, help_text="The first thousand.")  # type: ignore[assignment]  # hides DRF's attribute

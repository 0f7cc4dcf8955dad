"""Base of all input: unknown fields are refused by name, never ignored."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apps.core.api.pagination import DEFAULT_LIMIT, MAX_CURSOR, MAX_LIMIT


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that answers 400 for a field it does not know."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {
                        str(name): [serializers.ErrorDetail("This field is not known here.", code="unknown_field")]
                        for name in unknown[:20]
                    }
                )
        return super().to_internal_value(data)


class PageQuery(StrictSerializer):
    """Query parameters of every list."""

    cursor = serializers.CharField(required=False, max_length=MAX_CURSOR)
    limit = serializers.IntegerField(required=False, default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)

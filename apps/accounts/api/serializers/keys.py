"""Public keys."""

from typing import Any

from rest_framework import serializers


class JwksOutput(serializers.Serializer[Any]):
    keys = serializers.ListField(child=serializers.DictField())

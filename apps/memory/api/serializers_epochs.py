"""What index epochs look like over HTTP."""

from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import StrictSerializer


class EpochInput(StrictSerializer):
    model = serializers.CharField(max_length=100, help_text="The name of one of `models`.")


class EpochOutput(serializers.Serializer[Any]):
    epoch_id = serializers.UUIDField()
    model = serializers.CharField()
    dimension = serializers.IntegerField()
    status = serializers.CharField(
        help_text=(
            "`filling` while the model reads; `ready` to be switched to; `active` for the one that answers; `standby` "
            "for one that did and is kept current; `failed` if its model did not answer; `dropped`."
        )
    )
    memories = serializers.IntegerField(help_text="The memories that models have read so far.")
    filled = serializers.IntegerField(help_text="Those of them that this model has read.")
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(allow_null=True)
    activated_at = serializers.DateTimeField(allow_null=True)
    left_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class EmbeddingModelOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    dimension = serializers.IntegerField()
    is_remote = serializers.BooleanField(help_text="Texts and questions leave the platform for it.")


class EpochsOutput(serializers.Serializer[Any]):
    results = EpochOutput(many=True)
    models = EmbeddingModelOutput(many=True)

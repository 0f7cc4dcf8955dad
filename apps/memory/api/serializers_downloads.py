"""Input and output of links for downloads."""

from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import StrictSerializer


class DownloadLinkOutput(serializers.Serializer[Any]):
    path = serializers.CharField(help_text="To be opened without a credential. Whoever has it can fetch the file.")
    seconds = serializers.IntegerField(help_text="For how long it can be opened.")


class DownloadQuery(StrictSerializer):
    token = serializers.CharField(max_length=8_000, help_text="Part of the path that was answered.")

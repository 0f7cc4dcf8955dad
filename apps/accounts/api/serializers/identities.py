"""Signing in by identity providers."""

import re
from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers.fields import PLAIN_NAME, NameField
from apps.accounts.api.serializers.sessions import TokensInput
from apps.core.api.serializers import StrictSerializer

MAX_PARAMETER = 4096


class LocalPathField(serializers.CharField):
    """A path of this site: never another site, in whichever way browsers may read it."""

    _PATH = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=500, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        path = str(super().to_internal_value(data))
        if not self._PATH.fullmatch(path):
            raise serializers.ValidationError("Only a path of this site.", code="invalid")
        return path


class ProviderOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()


class ProvidersOutput(serializers.Serializer[Any]):
    results = ProviderOutput(many=True)


class StartQuery(StrictSerializer):
    next = LocalPathField(required=False, default="/")


class CallbackQuery(serializers.Serializer[Any]):
    """Providers add parameters of their own, which are ignored."""

    state = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_PARAMETER)
    code = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_PARAMETER)
    error = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_PARAMETER)
    iss = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_PARAMETER)


class LinkInput(StrictSerializer):
    next = LocalPathField(required=False, default="/account")


class LinkOutput(serializers.Serializer[Any]):
    authorization_url = serializers.CharField()


class ProviderSignupInput(TokensInput):
    token = serializers.CharField(max_length=100)
    org_name = NameField()
    name = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=100, validators=[PLAIN_NAME], help_text="Your name."
    )
    memory_domain = serializers.CharField(required=False, max_length=50, default=None, allow_null=True)


class IdentityOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    provider = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    linked_at = serializers.DateTimeField()


class IdentityPage(serializers.Serializer[Any]):
    results = IdentityOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()

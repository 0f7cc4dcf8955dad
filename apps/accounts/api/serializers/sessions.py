"""Signing in and out, and tokens."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers.fields import MAX_PASSWORD_LENGTH, EmailField
from apps.core.api.serializers import StrictSerializer


class TokensOutput(serializers.Serializer[Any]):
    """`refresh` is absent when the client asked for the cookie."""

    access = serializers.CharField()
    refresh = serializers.CharField(required=False)


class TokensInput(StrictSerializer):
    use_cookie = serializers.BooleanField(
        default=False, help_text="Keep the refresh token in an httpOnly cookie instead of the answer (for browsers)."
    )


class SignInInput(TokensInput):
    email = EmailField()
    password = serializers.CharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)
    org_id = serializers.UUIDField(required=False, default=None, allow_null=True)


class RefreshInput(StrictSerializer):
    refresh = serializers.CharField(required=False, help_text="Left out by browsers, which send the cookie.")


class VerifyInput(StrictSerializer):
    token = serializers.CharField()


class LogoutInput(RefreshInput):
    everywhere = serializers.BooleanField(default=False)


class SwitchInput(TokensInput):
    org_id = serializers.UUIDField()


class SessionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    current = serializers.BooleanField()
    device = serializers.CharField(allow_blank=True)
    browser = serializers.CharField(allow_blank=True)
    ip = serializers.IPAddressField(allow_null=True)
    methods = serializers.ListField(child=serializers.CharField(), help_text="RFC 8176: pwd, otp, hwk, fed")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class SessionPage(serializers.Serializer[Any]):
    results = SessionOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()

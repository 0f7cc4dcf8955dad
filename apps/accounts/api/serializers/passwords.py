"""Passwords."""

from rest_framework import serializers

from apps.accounts.api.serializers.fields import MAX_PASSWORD_LENGTH, EmailField
from apps.accounts.api.serializers.sessions import TokensInput
from apps.core.api.serializers import StrictSerializer


class PasswordResetInput(StrictSerializer):
    email = EmailField()


class PasswordResetConfirmInput(StrictSerializer):
    key = serializers.CharField(max_length=200, help_text="The last part of the mail's link.")
    password = serializers.CharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)


class PasswordChangeInput(TokensInput):
    current_password = serializers.CharField(
        required=False,
        max_length=MAX_PASSWORD_LENGTH,
        trim_whitespace=False,
        help_text="Left out by those who have no password yet.",
    )
    password = serializers.CharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)

"""Input and output of the accounts API."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from apps.core.api.serializers import StrictSerializer

MAX_PASSWORD_LENGTH = 256
# Control, bidirectional and zero-width characters: they make one name look like another.
_PLAIN_NAME = RegexValidator(
    r"\A[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+\Z",
    "Control and invisible characters are not allowed.",
    code="invalid_characters",
)


class EmailField(serializers.EmailField):
    """An ASCII address, lower-cased: two spellings never make two accounts."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        if isinstance(value, str) and not value.isascii():
            raise serializers.ValidationError("Only ASCII addresses are supported.", code="invalid")
        return value


class NameField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=1, max_length=100, validators=[_PLAIN_NAME], **kwargs)


class OrganizationOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class MemberOrganizationOutput(OrganizationOutput):
    role = serializers.CharField()


class UserOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()


class TokensOutput(serializers.Serializer[Any]):
    """`refresh` is absent when the client asked for the cookie."""

    access = serializers.CharField()
    refresh = serializers.CharField(required=False)


class SignupOutput(TokensOutput):
    user = UserOutput()
    org = OrganizationOutput()


class ProfileOutput(UserOutput):
    name = serializers.CharField()
    email_verified = serializers.BooleanField()


class MeOutput(serializers.Serializer[Any]):
    user = ProfileOutput()
    org = OrganizationOutput()
    roles = serializers.ListField(child=serializers.CharField())
    permissions = serializers.ListField(child=serializers.CharField())
    memory_context = serializers.CharField()
    subscription_tier = serializers.CharField()
    orgs = MemberOrganizationOutput(many=True)


class TokensInput(StrictSerializer):
    use_cookie = serializers.BooleanField(
        default=False, help_text="Keep the refresh token in an httpOnly cookie instead of the answer (for browsers)."
    )


class SignupInput(TokensInput):
    email = EmailField()
    password = serializers.CharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)
    org_name = NameField()
    name = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=100, validators=[_PLAIN_NAME], help_text="Your name."
    )
    memory_domain = serializers.CharField(required=False, max_length=50, default=None, allow_null=True)


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


class PasswordResetInput(StrictSerializer):
    email = EmailField()


class PasswordResetConfirmInput(StrictSerializer):
    key = serializers.CharField(max_length=200, help_text="The last part of the mail's link.")
    password = serializers.CharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)


class EmailVerifyInput(StrictSerializer):
    key = serializers.CharField(max_length=200)


class EmailVerifyOutput(serializers.Serializer[Any]):
    email = serializers.EmailField()


class OrganizationInput(StrictSerializer):
    name = NameField()
    memory_domain = serializers.CharField(required=False, max_length=50, default=None, allow_null=True)


class OrganizationPatch(StrictSerializer):
    name = NameField(required=False)
    slug = serializers.RegexField(r"\A[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])?\Z", required=False)


class OrganizationPage(serializers.Serializer[Any]):
    results = MemberOrganizationOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class JwksOutput(serializers.Serializer[Any]):
    keys = serializers.ListField(child=serializers.DictField())

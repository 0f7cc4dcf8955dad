"""Second factors, and proofs of who one is."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers.fields import MAX_PASSWORD_LENGTH, NameField
from apps.accounts.api.serializers.sessions import TokensInput
from apps.core.api.serializers import StrictSerializer

MAX_STEP_TOKEN = 100
MAX_CODE = 20


class CredentialField(serializers.DictField):
    """What `PublicKeyCredential.toJSON()` gives; its inside is read by the library for it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty=False, help_text="As PublicKeyCredential.toJSON() gives it.", **kwargs)


class _OneProof(TokensInput):
    """Refuses no proof, and several at once."""

    proofs: tuple[str, ...] = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in self.proofs if attrs.get(name) is not None]
        if len(given) != 1:
            raise serializers.ValidationError(f"Give one of: {', '.join(self.proofs)}.")
        return attrs


class MfaVerifyInput(_OneProof):
    proofs = ("code", "credential")

    mfa_token = serializers.CharField(max_length=MAX_STEP_TOKEN)
    code = serializers.CharField(
        required=False, max_length=MAX_CODE, help_text="Of the authenticator app, or a recovery code."
    )
    credential = CredentialField(required=False)


class MfaTokenInput(StrictSerializer):
    mfa_token = serializers.CharField(max_length=MAX_STEP_TOKEN)


class PasskeySignInInput(TokensInput):
    challenge_id = serializers.CharField(max_length=MAX_STEP_TOKEN)
    credential = CredentialField()
    org_id = serializers.UUIDField(required=False, default=None, allow_null=True)


class ReauthenticateInput(_OneProof):
    proofs = ("password", "code", "credential")

    password = serializers.CharField(required=False, max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)
    code = serializers.CharField(
        required=False, max_length=MAX_CODE, help_text="Of the authenticator app, or a recovery code."
    )
    challenge_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_STEP_TOKEN)
    credential = CredentialField(required=False)


class OptionsOutput(serializers.Serializer[Any]):
    """What the browser is asked for, for `PublicKeyCredential.parse…OptionsFromJSON`."""

    options = serializers.DictField()


class ChallengeOutput(OptionsOutput):
    challenge_id = serializers.CharField()


class TotpOutput(serializers.Serializer[Any]):
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class PasskeyOutput(TotpOutput):
    id = serializers.UUIDField()
    name = serializers.CharField()


class RecoveryCodesState(serializers.Serializer[Any]):
    unused = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class EnrolledFactorsOutput(serializers.Serializer[Any]):
    totp = TotpOutput(allow_null=True)
    passkeys = PasskeyOutput(many=True)
    recovery_codes = RecoveryCodesState(allow_null=True)


class TotpSetupOutput(serializers.Serializer[Any]):
    secret = serializers.CharField()
    uri = serializers.CharField(help_text="For the QR code.")
    setup_token = serializers.CharField()


class TotpActivateInput(StrictSerializer):
    setup_token = serializers.CharField(max_length=MAX_STEP_TOKEN)
    code = serializers.CharField(max_length=MAX_CODE)


class RecoveryCodesOutput(serializers.Serializer[Any]):
    """Shown this once. Null where a factor was added and the codes of the first one still hold."""

    recovery_codes = serializers.ListField(child=serializers.CharField(), allow_null=True)


class PasskeyInput(StrictSerializer):
    challenge_id = serializers.CharField(max_length=MAX_STEP_TOKEN)
    name = NameField()
    credential = CredentialField()


class PasskeyPatch(StrictSerializer):
    name = NameField()


class PasskeyAddedOutput(RecoveryCodesOutput):
    passkey = PasskeyOutput()

"""Members, invitations, roles and what roles are made of."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers.branding import BrandingOutput
from apps.accounts.api.serializers.fields import MAX_PASSWORD_LENGTH, PLAIN_NAME, EmailField, NameField
from apps.accounts.api.serializers.sessions import TokensInput
from apps.accounts.models.memberships import MAX_ROLE_NAME
from apps.core.api.serializers import PageQuery, StrictSerializer

MAX_KEY = 200
MAX_PERMISSIONS = 200
INVITATION_STATUSES = ["pending", "expired", "accepted", "revoked"]


class PermissionsField(serializers.ListField):
    child = serializers.CharField(max_length=100)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_PERMISSIONS, **kwargs)


class PersonOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()


class MembersQuery(PageQuery):
    q = serializers.CharField(required=False, default="", max_length=100, help_text="Part of a name or an address.")
    role = serializers.CharField(required=False, default="", max_length=MAX_ROLE_NAME)


class MemberOutput(PersonOutput):
    name = serializers.CharField()
    role = serializers.CharField()
    joined_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(allow_null=True)
    mfa = serializers.BooleanField()


class MemberPage(serializers.Serializer[Any]):
    results = MemberOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class MemberPatch(StrictSerializer):
    role = serializers.CharField(max_length=MAX_ROLE_NAME)


class OwnershipInput(StrictSerializer):
    user_id = serializers.UUIDField()


class InvitationsQuery(PageQuery):
    status = serializers.ChoiceField(INVITATION_STATUSES, required=False, default="", help_text="All without it.")


class InvitationInput(StrictSerializer):
    email = EmailField()
    role = serializers.CharField(max_length=MAX_ROLE_NAME)


class InvitationOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.CharField()
    invited_by = PersonOutput(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    status = serializers.ChoiceField(INVITATION_STATUSES)


class InvitationPage(serializers.Serializer[Any]):
    results = InvitationOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class InvitationKeyInput(StrictSerializer):
    key = serializers.CharField(max_length=MAX_KEY, help_text="The last part of the mail's link.")


class InvitingOrganizationOutput(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    branding = BrandingOutput()


class InvitationLookOutput(serializers.Serializer[Any]):
    organization = InvitingOrganizationOutput()
    email = serializers.EmailField()
    role = serializers.CharField()
    invited_by = serializers.EmailField(allow_null=True)
    expires_at = serializers.DateTimeField()
    has_account = serializers.BooleanField()


class InvitationAcceptInput(TokensInput):
    key = serializers.CharField(max_length=MAX_KEY, help_text="The last part of the mail's link.")
    password = serializers.CharField(
        required=False,
        max_length=MAX_PASSWORD_LENGTH,
        trim_whitespace=False,
        help_text="For a new account; left out by those who are signed in.",
    )
    name = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=100, validators=[PLAIN_NAME], help_text="Your name."
    )


class RoleOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True, help_text="Null for built-in roles.")
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    built_in = serializers.BooleanField()
    permissions = serializers.ListField(child=serializers.CharField())
    members = serializers.IntegerField()


class RolePage(serializers.Serializer[Any]):
    results = RoleOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class RoleInput(StrictSerializer):
    name = serializers.RegexField(r"\A[a-z][a-z0-9_-]{1,49}\Z", help_text="What members hold it by; it never changes.")
    title = NameField(required=False, default="", allow_blank=True)
    description = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    permissions = PermissionsField(allow_empty=False)


class RolePatch(StrictSerializer):
    title = NameField(required=False, allow_blank=True)
    description = serializers.CharField(required=False, allow_blank=True, max_length=500)
    permissions = PermissionsField(required=False, allow_empty=False)


class PermissionOutput(serializers.Serializer[Any]):
    permission = serializers.CharField()
    area = serializers.CharField()
    description = serializers.CharField()
    module = serializers.CharField(allow_null=True)
    held = serializers.BooleanField(help_text="Whether you hold it: nobody gives what they do not hold.")


class PermissionPage(serializers.Serializer[Any]):
    results = PermissionOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()

"""How grants are written."""

from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import PageQuery, StrictSerializer
from apps.memory.api.serializers import FilterField, InstantField, TypeField, filter_json
from apps.memory.engine.reader import PrincipalKind, Right

MAX_TYPES = 50
STATUSES = ["active", "expired", "revoked"]


class ModuleField(serializers.RegexField):
    def __init__(self, **options: Any) -> None:
        super().__init__(r"\A[a-z][a-z0-9_]{1,62}\Z", **options)


class GrantInput(StrictSerializer):
    principal_kind = serializers.ChoiceField([(one.value, one.name) for one in PrincipalKind])
    principal_id = serializers.CharField(
        max_length=100, help_text="The name of a module or role, the id of a member's account or of an API key."
    )
    module = ModuleField(help_text="Whose memories are opened.")
    memory_types = serializers.ListField(
        child=TypeField(), required=False, max_length=MAX_TYPES, help_text="All of its types, if left out."
    )
    filters = FilterField(required=False, help_text="Those memories alone to which it applies, as they are now.")
    rights = serializers.ListField(
        child=serializers.ChoiceField([(one.value, one.name) for one in Right]),
        min_length=1,
        max_length=len(Right),
        help_text="`read`; `write`, which needs `read`; `derive`: be told what is computed of many, not the memories.",
    )
    purpose = serializers.CharField(max_length=500, help_text="What for; it stands in the audit trail.")
    expires_at = InstantField(required=False, allow_null=True)

    def validate_rights(self, rights: list[str]) -> list[Right]:
        if Right.WRITE in rights and Right.READ not in rights:
            raise serializers.ValidationError("Who may change memories has to read them.", code="contradiction")
        return [Right(one) for one in rights]

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        # It is kept as it was written, not as it was understood.
        if "filters" in fields:
            fields = {**fields, "filters": filter_json(self.initial_data["filters"])}
        return {**fields, "principal_kind": PrincipalKind(fields["principal_kind"])}


class GrantPrincipalOutput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField([(one.value, one.name) for one in PrincipalKind])
    id = serializers.CharField()
    name = serializers.CharField()


class GrantOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(STATUSES)
    principal = GrantPrincipalOutput()
    module = serializers.CharField()
    memory_types = serializers.ListField(child=serializers.CharField())
    filters = serializers.DictField()
    rights = serializers.ListField(child=serializers.ChoiceField([(one.value, one.name) for one in Right]))
    purpose = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    revoked_by = serializers.UUIDField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class GrantPage(serializers.Serializer[Any]):
    results = GrantOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class GrantsQuery(PageQuery):
    in_force = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="All, if left out.")


class SharingOutput(serializers.Serializer[Any]):
    module = serializers.CharField()
    shared_types = serializers.ListField(
        child=serializers.CharField(), help_text="Open to all who may read, by the manifest."
    )
    closed_types = serializers.ListField(
        child=serializers.CharField(), help_text="Those that it keeps: others read them by a grant alone."
    )


class SharingPage(serializers.Serializer[Any]):
    results = SharingOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()

"""How erasures, legal holds and rules of retention are written."""

from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import StrictSerializer
from apps.memory.api.serializers import FilterField, TypeField, filter_json
from apps.memory.api.serializers_managing import ChosenInput
from apps.memory.models import Erasure, RetentionRule
from apps.memory.types import LONGEST_DAYS, MAX_RULES


class ErasureInput(ChosenInput):
    """Either ids or conditions; conditions look in the trash, too, and among what is replaced or expired."""

    reason = serializers.CharField(max_length=500, help_text="Why; it stands in the certificate.")
    dry_run = serializers.BooleanField(default=False, help_text="Tell what lies where, and erase nothing.")


class PlaceCountOutput(serializers.Serializer[Any]):
    place = serializers.CharField()
    before = serializers.IntegerField(help_text="How much of the memories lay there.")
    after = serializers.IntegerField(allow_null=True, help_text="How much was found there afterwards.")


class ErasureSummaryOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(Erasure.Status.choices)
    number = serializers.IntegerField(allow_null=True, help_text="That of the certificate.")
    memories = serializers.IntegerField()
    reason = serializers.CharField()
    requested_by = serializers.UUIDField(allow_null=True)
    requested_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)


class CertificateOutput(serializers.Serializer[Any]):
    """A certificate: `hash` is SHA-256 over `content` as JSON with sorted keys and no spaces, signed by Ed25519."""

    content = serializers.DictField()
    hash = serializers.CharField()
    signature = serializers.CharField(help_text="Hexadecimal, over `liftos/erasure/1`, a zero byte and the hash.")
    key_id = serializers.CharField()
    public_key = serializers.CharField(help_text="Hexadecimal.")


class ErasureOutput(ErasureSummaryOutput):
    memory_ids = serializers.ListField(child=serializers.UUIDField())
    places = PlaceCountOutput(many=True)
    certificate = CertificateOutput(allow_null=True)


class ErasurePreviewOutput(serializers.Serializer[Any]):
    memories = serializers.IntegerField()
    places = PlaceCountOutput(many=True)


class ErasurePage(serializers.Serializer[Any]):
    results = ErasureSummaryOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class HoldInput(StrictSerializer):
    name = serializers.CharField(max_length=100)
    reason = serializers.CharField(required=False, max_length=500, allow_blank=True)
    filters = FilterField(help_text="The memories to keep, as they are or ever were; an empty object means all.")

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        # It is kept as it was written, not as it was understood.
        return {**fields, "filters": filter_json(self.initial_data["filters"])}


class HoldOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    filters = serializers.DictField()
    memories = serializers.IntegerField(help_text="How many it keeps now.")
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    released_by = serializers.UUIDField(allow_null=True)
    released_at = serializers.DateTimeField(allow_null=True)


class HoldPage(serializers.Serializer[Any]):
    results = HoldOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class RetentionRuleInput(StrictSerializer):
    memory_type = TypeField(allow_null=True, help_text="Null is every type without a rule of its own.")
    days = serializers.IntegerField(min_value=1, max_value=LONGEST_DAYS, help_text="From when they were recorded.")
    action = serializers.ChoiceField(RetentionRule.Action.choices)
    active = serializers.BooleanField(
        default=True,
        help_text="False switches it off: it deletes nothing, and the rule for all other types does not reach "
        "its type.",
    )

    def validate_memory_type(self, memory_type: str | None) -> str:
        return memory_type or ""


class RetentionInput(StrictSerializer):
    rules = RetentionRuleInput(many=True)

    def validate_rules(self, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return rules_check(rules)


def rules_check(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rules by type, of which there is at most one for each."""
    if len(rules) > MAX_RULES:
        raise serializers.ValidationError(f"At most {MAX_RULES} rules.", code="max_length")
    if len({rule["memory_type"] for rule in rules}) < len(rules):
        raise serializers.ValidationError("There are two rules for one type.", code="duplicate")
    return rules


class RetentionRuleOutput(serializers.Serializer[Any]):
    memory_type = serializers.CharField(allow_null=True)
    days = serializers.IntegerField()
    action = serializers.ChoiceField(RetentionRule.Action.choices)
    active = serializers.BooleanField(
        help_text="False for a rule that is switched off, by whoever set it or as every rule that an archive has "
        "brought: it deletes nothing, and the rule for all other types does not reach its type."
    )
    due = serializers.IntegerField(
        help_text="How many memories the next sweep finds, within a day; or would find, if the rule were active."
    )


class RetentionOutput(serializers.Serializer[Any]):
    rules = RetentionRuleOutput(many=True)

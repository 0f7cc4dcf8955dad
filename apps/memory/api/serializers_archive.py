"""How the archive is asked for and told about."""

from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import StrictSerializer
from apps.memory.api.serializers import TypeField
from apps.memory.api.serializers_lifecycle import rules_check
from apps.memory.api.serializers_managing import BulkErrorOutput, ChosenInput
from apps.memory.types import LONGEST_DAYS


class UnarchiveInput(ChosenInput):
    """Either ids or conditions of archived memories; `all` is how to mean every one."""

    after = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="`next` of the answer before, to go on from there; not with ids.",
    )


class ArchivingInput(ChosenInput):
    """Either ids or conditions of live memories; `all` is how to mean every one."""

    reason = serializers.CharField(required=False, max_length=500, allow_blank=True)
    dry_run = serializers.BooleanField(default=False, help_text="Tell what would be saved, and archive nothing.")


class _DoneOutput(serializers.Serializer[Any]):
    done = serializers.IntegerField()
    unchanged = serializers.IntegerField(help_text="They were where they were asked to be.")
    size_before = serializers.IntegerField(help_text="Bytes that the plan counted for those that were done.")
    size_after = serializers.IntegerField(help_text="Bytes that it counts for them now.")
    failed = serializers.IntegerField()
    errors = BulkErrorOutput(many=True)  # type: ignore[assignment]  # hides DRF's attribute


class ArchivingOutput(_DoneOutput):
    dry_run = serializers.BooleanField()
    left = serializers.IntegerField(help_text="How many more satisfy the conditions: ask again for the next thousand.")


class UnarchiveOutput(_DoneOutput):
    next = serializers.IntegerField(
        allow_null=True, help_text="Up to which number was looked: ask again after it. Null if that was all."
    )


class ArchiveRuleInput(StrictSerializer):
    memory_type = TypeField(allow_null=True, help_text="Null is every type without a rule of its own.")
    days = serializers.IntegerField(
        min_value=1, max_value=LONGEST_DAYS, help_text="Since they happened or were revised last, whichever is later."
    )

    def validate_memory_type(self, memory_type: str | None) -> str:
        return memory_type or ""


class ArchiveRulesInput(StrictSerializer):
    rules = ArchiveRuleInput(many=True)

    def validate_rules(self, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return rules_check(rules)


class ArchiveRuleOutput(serializers.Serializer[Any]):
    memory_type = serializers.CharField(allow_null=True)
    days = serializers.IntegerField()
    due = serializers.IntegerField(help_text="How many memories the next sweep finds, within a day.")


class ArchiveRulesOutput(serializers.Serializer[Any]):
    rules = ArchiveRuleOutput(many=True)
    memories = serializers.IntegerField(help_text="How many are archived.")
    size_before = serializers.IntegerField(help_text="Bytes that the plan counted for them before.")
    size_after = serializers.IntegerField(help_text="Bytes that it counts for them now.")
    unpacked_bytes = serializers.IntegerField(help_text="Texts, history and vectors as they were.")
    packed_bytes = serializers.IntegerField(help_text="The same, as it lies in the archive.")

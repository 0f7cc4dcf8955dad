"""Input and output of the review queue and of the digest."""

from typing import Any

from rest_framework import serializers

from apps.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from apps.core.api.serializers import PageQuery, StrictSerializer
from apps.memory.api.serializers import InstantField, MemoryOutput
from apps.memory.api.serializers_managing import ReasonInput
from apps.memory.engine.claims import ClaimKind
from apps.memory.types import ReviewDecision, ReviewKind, ReviewStatus, RevisionAction

_KINDS = [(kind.value, kind.name) for kind in ReviewKind]
_STATUSES = [(status.value, status.name) for status in ReviewStatus]


class ReviewsQuery(PageQuery):
    status = serializers.ChoiceField(choices=[*_STATUSES, ("any", "ANY")], default=ReviewStatus.OPEN.value)
    kind = serializers.ChoiceField(choices=_KINDS, required=False)
    entity = serializers.UUIDField(required=False, help_text="An entity that one of the two names.")


class ReviewSideOutput(serializers.Serializer[Any]):
    memory_id = serializers.UUIDField()
    memory_type = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    excerpt = serializers.CharField(help_text="The beginning of the text.")


class ReviewBaseOutput(serializers.Serializer[Any]):
    review_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=_KINDS)
    status = serializers.ChoiceField(choices=_STATUSES)
    score = serializers.FloatField(
        help_text="How sure it is, up to 1: the share of common words of duplicates, the strength of a contradiction."
    )
    opened_at = serializers.DateTimeField()
    decided_by = serializers.UUIDField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    kept = serializers.UUIDField(allow_null=True, help_text="The memory that holds instead of the other.")


class ReviewSummaryOutput(ReviewBaseOutput):
    older = ReviewSideOutput(allow_null=True, help_text="Null when it is not to be read at present.")
    newer = ReviewSideOutput(allow_null=True, help_text="Likewise.")


class ReviewPage(serializers.Serializer[Any]):
    results = ReviewSummaryOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class _SpanField(serializers.ListField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.IntegerField(), min_length=2, max_length=2, **kwargs)


class ClaimPlaceOutput(serializers.Serializer[Any]):
    value = _SpanField(help_text="Beginning and end of the value, in characters of the text.")
    sentence = _SpanField(help_text="Likewise, of the sentence.")


class ReviewEvidenceOutput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(
        choices=[(kind.value, kind.name) for kind in ClaimKind],
        help_text="What differs; `whole` where one says that it replaces the other.",
    )
    strength = serializers.FloatField()
    update = serializers.BooleanField(help_text="The newer one tells of a change.")  # type: ignore[assignment]  # hides DRF's method
    older = ClaimPlaceOutput()
    newer = ClaimPlaceOutput()


class ReviewOutput(ReviewBaseOutput):
    older = MemoryOutput(allow_null=True, help_text="Null when it is not to be read at present.")
    newer = MemoryOutput(allow_null=True, help_text="Likewise.")
    evidence = ReviewEvidenceOutput(many=True, help_text="Empty for duplicates, and when a text has changed since.")


class DecideInput(ReasonInput):
    decision = serializers.ChoiceField(
        choices=[(decision.value, decision.name) for decision in ReviewDecision],
        help_text="Duplicates are merged, be it by accept or by merge; contradictions are accepted. Or dismiss.",
    )
    keep = serializers.UUIDField(
        required=False,
        help_text="Which of the two holds: without it the newer one of a contradiction, the older one of duplicates.",
    )


class DigestQuery(StrictSerializer):
    since = InstantField()
    until = InstantField(required=False, help_text="Now, if left out.")
    entity = serializers.UUIDField(required=False, help_text="Only memories that named this entity.")
    limit = serializers.IntegerField(
        default=DEFAULT_LIMIT, min_value=0, max_value=MAX_LIMIT, help_text="The most items of each kind."
    )


class DigestItemOutput(serializers.Serializer[Any]):
    memory_id = serializers.UUIDField()
    memory_type = serializers.CharField()
    excerpt = serializers.CharField()
    cause = serializers.ChoiceField(choices=[(action.value, action.name) for action in RevisionAction])
    changed = serializers.ListField(child=serializers.CharField(), help_text="The fields that differ.")
    at = serializers.DateTimeField()
    superseded_by = serializers.UUIDField(allow_null=True)


class DigestEntityOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class DigestNewEntityOutput(DigestEntityOutput):
    kind = serializers.CharField()


class DigestReviewOutput(serializers.Serializer[Any]):
    review_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=_KINDS)
    status = serializers.ChoiceField(choices=_STATUSES)
    decided_at = serializers.DateTimeField()
    decided_by = serializers.UUIDField(allow_null=True)


class DigestCountsOutput(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    superseded = serializers.IntegerField()
    trashed = serializers.IntegerField()
    expired = serializers.IntegerField()
    erased = serializers.IntegerField(help_text="Deleted for good; 0 with an entity, since these have no names left.")
    new_entities = serializers.IntegerField()
    decided_reviews = serializers.IntegerField()


class DigestOutput(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    entity = DigestEntityOutput(allow_null=True)
    counts = DigestCountsOutput()
    added = DigestItemOutput(many=True)
    changed = DigestItemOutput(many=True)
    superseded = DigestItemOutput(many=True)
    trashed = DigestItemOutput(many=True)
    expired = DigestItemOutput(many=True)
    new_entities = DigestNewEntityOutput(many=True)
    decided_reviews = DigestReviewOutput(many=True)

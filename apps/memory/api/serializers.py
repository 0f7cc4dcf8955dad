"""Input and output of the memory API."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api.pagination import MAX_LIMIT
from apps.core.api.serializers import StrictSerializer
from apps.core.strict_json import StrictJSONError, loads
from apps.memory.engine.filters import Filter, FilterError, parse_filter
from apps.memory.engine.reader import Via
from apps.memory.engine.types import FINDING_CHANNELS, SearchType
from apps.memory.models import Operation
from apps.memory.types import (
    DEFAULT_TYPE,
    MAX_BATCH_CONTENT,
    MAX_BATCH_ITEMS,
    MAX_CONTENT,
    MAX_METADATA_BYTES,
    MAX_QUERY,
    AsOf,
)

# The span that PostgreSQL, Python and JavaScript all handle without surprises.
EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)
LATEST = datetime(3000, 1, 1, tzinfo=UTC)
MAX_WEIGHT = 1_000.0
MAX_DEADLINE_MS = 60_000
MAX_TYPES = 50
MAX_DIMENSIONS = 16

_HAS_ZONE = re.compile(r"(?:[zZ]|[+-]\d{2}:\d{2})\Z")


class InstantField(serializers.DateTimeField):
    """An RFC 3339 time. It must carry its zone: guessing one would move events by hours."""

    def to_internal_value(self, value: Any) -> datetime:
        if isinstance(value, str) and not _HAS_ZONE.search(value):
            raise serializers.ValidationError("The time must end with Z or an offset like +02:00.", code="no_zone")
        try:
            moment: datetime = super().to_internal_value(value)
            inside = EARLIEST <= moment < LATEST
        except OverflowError:
            inside = False
        if not inside:
            raise serializers.ValidationError("The year must lie between 1000 and 2999.", code="out_of_range")
        return moment


@extend_schema_field({"type": "object", "additionalProperties": True})
class MetadataField(serializers.JSONField):
    """A JSON object of at most 16 KB."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("The metadata must be an object.", code="not_an_object")
        if len(json.dumps(data, ensure_ascii=False).encode()) > MAX_METADATA_BYTES:
            raise serializers.ValidationError(f"At most {MAX_METADATA_BYTES} bytes.", code="too_large")
        return data


@extend_schema_field({"type": "object", "additionalProperties": True})
class FilterField(serializers.JSONField):
    """The filter language; in a query string it is JSON text."""

    def to_internal_value(self, data: Any) -> Filter:  # type: ignore[override]  # the tree is what the search wants
        try:
            return parse_filter(filter_json(data))
        except StrictJSONError as error:
            raise serializers.ValidationError(str(error), code="malformed") from None
        except FilterError as error:
            # The pointer into the filter becomes a nested path, which the error answer flattens again.
            detail: Any = [serializers.ErrorDetail(error.detail, code=error.code)]
            for part in reversed([part for part in error.pointer.split("/") if part]):
                detail = {part.replace("~1", "/").replace("~0", "~"): detail}
            raise serializers.ValidationError(detail) from None


def filter_json(data: Any) -> Any:
    """Return a filter as JSON values, whether it was sent so or as text. Raises `StrictJSONError`."""
    return loads(data.encode(errors="surrogatepass")) if isinstance(data, str) else data


@extend_schema_field({"type": "string", "contentMediaType": "application/json"})
class FilterTextField(FilterField):
    """The filter in a query string: JSON text."""


class TypeField(serializers.RegexField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"\A[a-z][a-z0-9_]{0,49}\Z", **kwargs)


class ItemInput(StrictSerializer):
    """One text of a batch."""

    max_content = MAX_BATCH_CONTENT

    content = serializers.CharField(trim_whitespace=False)
    metadata = MetadataField(required=False)
    memory_type = TypeField(default=DEFAULT_TYPE)
    occurred_at = InstantField(required=False, help_text="When it happened. Now, if left out.")
    occurred_end = InstantField(required=False, help_text="When it was over, if it took a while; not before it began.")
    expires_at = InstantField(required=False, help_text="When it stops being found.")
    source = serializers.CharField(required=False, max_length=200, allow_blank=True)  # type: ignore[assignment]  # hides DRF's attribute
    external_id = serializers.CharField(
        required=False, max_length=200, help_text="Your id. The same id and content are stored once."
    )

    def validate_content(self, content: str) -> str:
        if not content.strip():
            raise serializers.ValidationError("There is nothing to read in it.", code="blank")
        if len(content) > self.max_content:
            raise serializers.ValidationError(f"At most {self.max_content} characters.", code="max_length")
        return content

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        end, beginning = fields.get("occurred_end"), fields.get("occurred_at")
        if end is not None and (beginning is None or end < beginning):
            reason = "It needs an occurred_at." if beginning is None else "It ends before it begins."
            detail = serializers.ErrorDetail(reason, code="ends_before_it_begins")
            raise serializers.ValidationError({"occurred_end": [detail]})
        return fields


class StoreInput(ItemInput):
    """A text to store at once; longer ones go through the batch."""

    max_content = MAX_CONTENT


class StoreOutput(serializers.Serializer[Any]):
    memory_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["stored", "duplicate"])
    duplicate_of = serializers.UUIDField(
        allow_null=True, help_text="An earlier memory that says nearly the same; this one is stored all the same."
    )
    similarity = serializers.FloatField(allow_null=True, help_text="1 for the same text, otherwise from 0.8.")


class BatchInput(StrictSerializer):
    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ItemInput(), allow_empty=False, min_length=1, max_length=MAX_BATCH_ITEMS
    )


class UploadInput(StrictSerializer):
    file = serializers.FileField(help_text="txt, md, html, pdf, docx, xlsx, csv, json or jsonl.")


class OperationQueuedOutput(serializers.Serializer[Any]):
    operation_id = serializers.UUIDField()
    status = serializers.CharField()


class OperationErrorOutput(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class OperationDuplicateOutput(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    memory_id = serializers.UUIDField()
    duplicate_of = serializers.UUIDField()
    similarity = serializers.FloatField()


class OperationSummaryOutput(serializers.Serializer[Any]):
    operation_id = serializers.UUIDField()
    name = serializers.CharField(help_text="That of the uploaded file, or nothing.")
    status = serializers.ChoiceField(choices=Operation.Status.choices)
    read = serializers.IntegerField(help_text="How many texts have come out of its files, or with the request.")
    total = serializers.IntegerField(allow_null=True, help_text="Not known while files are being read.")
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    understood = serializers.IntegerField(help_text="How many the models have read; the others are found by words.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class OperationPage(serializers.Serializer[Any]):
    results = OperationSummaryOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class OperationOutput(OperationSummaryOutput):
    errors = OperationErrorOutput(many=True)  # type: ignore[assignment]  # hides DRF's attribute
    duplicates = OperationDuplicateOutput(many=True)
    duplicate_count = serializers.IntegerField()


class AsOfInput(StrictSerializer):
    """The moment that a reading is about, on two clocks."""

    as_of = InstantField(
        required=False,
        help_text="What held then: what had happened by then and had neither expired nor been replaced.",
    )
    as_of_recorded = InstantField(
        required=False,
        help_text="What was known then: without what was stored, edited or deleted since. A later time means now.",
    )


def as_of_of(fields: Mapping[str, Any], *, now: datetime) -> AsOf:
    """Return the moment among validated fields."""
    recorded = fields.get("as_of_recorded")
    return AsOf(valid=fields.get("as_of"), recorded=None if recorded is None else min(recorded, now))


class PlaceOutput(serializers.Serializer[Any]):
    """A file, and where in it a text begins; all counts are from 1."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    available = serializers.BooleanField(help_text="Whether the original can be downloaded; it may have been deleted.")
    page = serializers.IntegerField(allow_null=True)
    line = serializers.IntegerField(allow_null=True)
    sheet = serializers.CharField(allow_null=True)
    row = serializers.IntegerField(allow_null=True)


class FileOutput(serializers.Serializer[Any]):
    file_id = serializers.UUIDField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    module = serializers.CharField(allow_null=True)
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    memories = serializers.IntegerField(help_text="How many were read from it and are not deleted for good.")


class FilePage(serializers.Serializer[Any]):
    results = FileOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class MemoryOutput(serializers.Serializer[Any]):
    memory_id = serializers.UUIDField()
    content = serializers.CharField()
    memory_type = serializers.CharField()
    metadata = serializers.DictField()
    module = serializers.CharField(allow_null=True)
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # hides DRF's attribute
    external_id = serializers.CharField(allow_null=True)
    occurred_at = serializers.DateTimeField()
    occurred_end = serializers.DateTimeField(allow_null=True)
    recorded_at = serializers.DateTimeField()
    revision = serializers.IntegerField(help_text="Counts from 1; each edit makes the next one.")
    revised_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True, help_text="When it went to the trash.")
    superseded_by = serializers.UUIDField(allow_null=True, help_text="The memory that replaces it.")
    superseded_at = serializers.DateTimeField(allow_null=True, help_text="From when on that one holds.")
    archived_at = serializers.DateTimeField(allow_null=True, help_text="Since when it lies in the archive.")
    is_stub = serializers.BooleanField(
        help_text="Whether `content` is only its beginning, as in the list of the archive."
    )
    file = PlaceOutput(allow_null=True, help_text="The file that it was read from.")
    access_via = serializers.ChoiceField(
        [(one.value, one.name) for one in Via],
        help_text="By what it is open to you: the `organization`'s own, your `module`'s, `shared` by the module that "
        "stored it, by a `grant`, or your `role`.",
    )
    grant_id = serializers.UUIDField(allow_null=True, help_text="The grant by which it is open, if it is one.")


class SearchConditions(StrictSerializer):
    query = serializers.CharField(max_length=MAX_QUERY)
    search_type = serializers.ChoiceField(choices=[kind.value for kind in SearchType], default=SearchType.HYBRID.value)
    limit = serializers.IntegerField(default=10, min_value=1, max_value=MAX_LIMIT)
    memory_types = serializers.ListField(child=TypeField(), required=False, max_length=MAX_TYPES)
    filters = FilterField(required=False)
    occurred_after = InstantField(required=False)
    occurred_before = InstantField(required=False)
    threshold = serializers.FloatField(required=False, min_value=0, max_value=1)
    weights = serializers.DictField(
        child=serializers.FloatField(min_value=0, max_value=MAX_WEIGHT),
        required=False,
        help_text="Channel (neural, lexical, sparse, conceptual, knowledge, temporal) to weight; others keep theirs.",
    )
    deadline_ms = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_DEADLINE_MS,
        help_text="Channels whose turn would come later are left out, and named in `dropped_channels`.",
    )

    def validate_weights(self, weights: dict[str, float]) -> dict[str, float]:
        known = {channel.value for channel in FINDING_CHANNELS}
        unknown = [name for name in weights if name not in known]
        if unknown:
            raise serializers.ValidationError(
                {name: [serializers.ErrorDetail("There is no such channel.", code="unknown_field")] for name in unknown}
            )
        return weights


class SearchInput(SearchConditions, AsOfInput):
    explain = serializers.BooleanField(default=True)
    include_archived = serializers.BooleanField(
        default=False,
        help_text="Look at archived memories too, as far as their stubs (the beginning of the text, and the metadata) "
        "share words with the question: such results have `archived_at`. A search as of a moment always does.",
    )
    rerank = serializers.BooleanField(
        default=False,
        help_text="Have the reranker of this installation judge the fifty best; `rerank` is then one more channel, "
        "which is dropped when it does not answer in time.",
    )
    wait_for = serializers.UUIDField(
        required=False,
        help_text="An operation to wait for, up to 10 seconds, until all its texts are understood; else 409.",
    )


class ExplainInput(SearchConditions):
    memory_id = serializers.UUIDField()


class ContributionOutput(serializers.Serializer[Any]):
    channel = serializers.CharField()
    raw = serializers.FloatField(allow_null=True)
    rank = serializers.IntegerField(allow_null=True)
    weight = serializers.FloatField()
    contribution = serializers.FloatField(allow_null=True)
    contribution_units = serializers.IntegerField(allow_null=True)


class SpanOutput(serializers.Serializer[Any]):
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    page = serializers.IntegerField(allow_null=True, help_text="Of the file, where the passage begins; if known.")
    line = serializers.IntegerField(allow_null=True, help_text="As page.")


class WhyOutput(serializers.Serializer[Any]):
    matched_terms = serializers.ListField(child=serializers.CharField())
    entities = serializers.ListField(child=serializers.CharField(), help_text="What query and memory both name.")
    entity_path = serializers.ListField(
        child=serializers.CharField(), help_text="Else: from a name in the query to one in the memory."
    )
    dimensions = serializers.ListField(child=serializers.CharField())


class SearchResultOutput(MemoryOutput):
    score = serializers.FloatField()
    score_units = serializers.IntegerField(help_text="The score in millionths: the exact sum of the contributions.")
    contributions = ContributionOutput(many=True)
    explanation = serializers.CharField(allow_null=True)
    why = WhyOutput(allow_null=True)
    spans = SpanOutput(many=True)


class ExplainOutput(serializers.Serializer[Any]):
    gate = serializers.CharField(allow_null=True, help_text="What kept the memory out; null if it is a result.")
    detail = serializers.CharField()
    rank = serializers.IntegerField(allow_null=True)
    candidates = serializers.IntegerField()
    model = serializers.CharField(help_text="The embedding model of question and passages.")
    score = serializers.FloatField(allow_null=True)
    score_units = serializers.IntegerField(allow_null=True)
    contributions = ContributionOutput(many=True)


class SearchOutput(serializers.Serializer[Any]):
    results = SearchResultOutput(many=True)
    count = serializers.IntegerField()
    search_type = serializers.CharField()
    took_ms = serializers.FloatField()
    dropped_channels = serializers.ListField(child=serializers.CharField())
    model = serializers.CharField(help_text="The embedding model of question and passages.")


class DimensionInput(StrictSerializer):
    name = serializers.RegexField(r"\A[a-z][a-z0-9_]{0,49}\Z")
    description = serializers.CharField(min_length=3, max_length=300)


class DimensionOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.CharField()


class CountsOutput(serializers.Serializer[Any]):
    memories = serializers.IntegerField()
    archived = serializers.IntegerField()
    trash = serializers.IntegerField()
    entities = serializers.IntegerField()


class ContextOutput(serializers.Serializer[Any]):
    memory_context = serializers.CharField()
    domain = serializers.CharField()
    dimensions = DimensionOutput(many=True)
    status = serializers.CharField()
    counts = CountsOutput()


class ContextPatch(StrictSerializer):
    domain = serializers.CharField(required=False, max_length=50)
    dimensions: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=DimensionInput(), required=False, allow_empty=True, max_length=MAX_DIMENSIONS
    )

    def validate_dimensions(self, dimensions: list[dict[str, str]]) -> list[dict[str, str]]:
        if len({row["name"] for row in dimensions}) < len(dimensions):
            raise serializers.ValidationError("Two dimensions have the same name.", code="duplicate")
        return [dict(row) for row in dimensions]

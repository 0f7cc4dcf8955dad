"""Input and output of exports and imports."""

from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import StrictSerializer
from apps.memory.api.serializers import FilterField
from apps.memory.api.serializers_managing import ConditionsInput
from apps.memory.models import Export, Import
from apps.memory.types import Shelf


class ExportInput(ConditionsInput):
    """Which memories, as in the list; without any condition all of them, with the trash and what has expired."""

    filters = FilterField(required=False)
    state = serializers.ChoiceField(choices=[shelf.value for shelf in Shelf], required=False)
    include_versions = serializers.BooleanField(default=True, help_text="Former revisions.")
    include_files = serializers.BooleanField(default=True, help_text="The originals of files.")


class ExportOutput(serializers.Serializer[Any]):
    export_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Export.Status.choices)
    conditions = serializers.DictField(allow_null=True, help_text="Null for the whole memory.")
    include_versions = serializers.BooleanField()
    include_files = serializers.BooleanField()
    total = serializers.IntegerField(help_text="Memories to be written.")
    done = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Lines by kind, when it is written.")
    damaged = serializers.ListField(
        child=serializers.UUIDField(),
        help_text="Memories that could not be read, as they are damaged in the archive tier, and so are not in it; the "
        "first hundred, of as many as `counts.damaged` says. Its manifest names all.",
    )
    size_bytes = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the archive is deleted.")


class ExportPage(serializers.Serializer[Any]):
    results = ExportOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class ArchiveInput(StrictSerializer):
    file = serializers.FileField(help_text="A zip that an export has made.")


class ImportErrorOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class ImportOutput(serializers.Serializer[Any]):
    import_id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Import.Status.choices)
    step = serializers.ChoiceField(choices=Import.Step.choices)
    size_bytes = serializers.IntegerField()
    total = serializers.IntegerField(help_text="Memories in the archive.")
    created = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Memories that are here already.")
    failed = serializers.IntegerField(help_text="Lines that were not taken.")
    holds = serializers.IntegerField(help_text="Legal holds that were brought.")
    rules = serializers.IntegerField(
        help_text="Rules for retention and for the archive that were brought; those for retention are not active."
    )
    rules_off = serializers.ListField(
        child=serializers.CharField(),
        help_text="Types whose rules for retention were brought. Until somebody sets these, no rule deletes memories "
        "of such a type, neither those that came nor those that were here before: the rule for all others stops at it.",
    )
    error = ImportErrorOutput(allow_null=True, help_text="Why it ended before its end.")
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportPage(serializers.Serializer[Any]):
    results = ImportOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class ImportFaultOutput(serializers.Serializer[Any]):
    member = serializers.CharField(help_text="The file in the archive.")
    line = serializers.IntegerField()
    memory_id = serializers.UUIDField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class ImportFaultPage(serializers.Serializer[Any]):
    results = ImportFaultOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class ImportDetailOutput(ImportOutput):
    errors = ImportFaultPage(help_text="The lines that were not taken; at most ten thousand are kept.")  # type: ignore[assignment]  # hides DRF's attribute

"""JSON and forms in, no larger than allowed and no stranger than can be stored."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser

from apps.core.strict_json import StrictJSONError, loads

# What a form adds to the file that it carries.
_FORM_BYTES = 64 * 1024


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        del media_type, parser_context
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise RequestDataTooBig
        try:
            return loads(raw)
        except StrictJSONError as error:
            raise ParseError(str(error)) from None


class FormParser(MultiPartParser):
    """A form with a file; one that announces more than it may carry is refused before any of it is read."""

    max_file_bytes: ClassVar[int] = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> "DataAndFiles[Any, Any]":
        # Without a length there is no body: see the middleware.
        announced = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if not announced.isdecimal() or int(announced) > self.max_file_bytes + _FORM_BYTES:
            raise RequestDataTooBig
        return super().parse(stream, media_type, dict(parser_context or {}))

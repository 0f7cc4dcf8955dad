"""Fields that several inputs share."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

MAX_PASSWORD_LENGTH = 256
# Control, bidirectional and zero-width characters: they make one name look like another.
PLAIN_NAME = RegexValidator(
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
        super().__init__(min_length=1, max_length=100, validators=[PLAIN_NAME], **kwargs)

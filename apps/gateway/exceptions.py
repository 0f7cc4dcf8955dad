"""Refusals of the gateway. Each names its gate, whether trying again may help, and what would lift it."""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """An answer of the gateway's own. `code` is one of the catalogue of problems."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        gate: str,
        retryable: bool = False,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.gate, self.retryable = code, detail, gate, retryable
        self.headers = dict(headers or {})
        self.extra = extra

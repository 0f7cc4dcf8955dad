"""Domain errors that every app may raise. They know nothing of HTTP: apps.core.api.errors maps codes to answers."""

from typing import ClassVar


class DomainError(Exception):
    """A refusal with a stable code. `detail` is shown to the caller, so it never carries internals or secrets."""

    code: ClassVar[str] = "domain_error"

    def __init__(self, detail: str = "", **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class InvalidInput(DomainError):
    """Input that no serializer can judge alone. `pointer` is a JSON pointer to the offending value."""

    code = "invalid"

    def __init__(self, detail: str, *, pointer: str = "", item_code: str = "invalid") -> None:
        super().__init__(detail)
        self.pointer = pointer
        self.item_code = item_code


class PermissionDenied(DomainError):
    code = "permission_denied"


class ReauthenticationRequired(PermissionDenied):
    """The caller's last proof of who they are is too old for this."""

    code = "reauthentication_required"


class NotFound(DomainError):
    code = "not_found"


class Conflict(DomainError):
    code = "conflict"


class PreconditionFailed(DomainError):
    """The caller's copy is not the present one."""

    code = "precondition_failed"


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"


class IdempotencyKeyInUse(DomainError):
    code = "idempotency_key_in_use"

from apps.core.exceptions import DomainError


class CursorExpired(DomainError):
    """The events that follow a cursor are no longer kept."""

    code = "cursor_expired"

from apps.core.exceptions import DomainError


class TooManyWebhooks(DomainError):
    code = "too_many_webhooks"


class NotPending(DomainError):
    """Only what is pending can be given up."""

    code = "not_pending"


class AlreadyPending(DomainError):
    """What is pending will be sent anyway."""

    code = "already_pending"


class EventGone(DomainError):
    """The event of this delivery is no longer kept."""

    code = "event_gone"

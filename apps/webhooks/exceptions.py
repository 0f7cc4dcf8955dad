from apps.core.exceptions import Conflict


class TooManyWebhooks(Conflict):
    code = "too_many_webhooks"


class NotPending(Conflict):
    """Only what is pending can be given up."""

    code = "not_pending"


class AlreadyPending(Conflict):
    """What is pending will be sent anyway."""

    code = "already_pending"


class EventGone(Conflict):
    """The event of this delivery is no longer kept."""

    code = "event_gone"

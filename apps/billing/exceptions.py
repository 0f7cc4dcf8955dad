from apps.core.exceptions import DomainError


class QuotaExceeded(DomainError):
    """The plan's amount is used up. Carries `gate`, `retryable`, `meter`, `limit` and `available_in` (plan codes)."""

    code = "quota_exceeded"


class AlreadySubscribed(DomainError):
    code = "already_subscribed"


class NotSubscribed(DomainError):
    code = "not_subscribed"


class SamePlan(DomainError):
    code = "same_plan"


class PaymentFailed(DomainError):
    """The bank has refused; everything is as it was."""

    code = "payment_failed"


class BillingUnavailable(DomainError):
    """Stripe does not answer, or is not set up here. What is known of plans and usage can be read all the same."""

    code = "billing_unavailable"


class BillingRefused(DomainError):
    """Stripe does not accept this: things are not there as they were when we last asked."""

    code = "billing_refused"


class InvalidSignature(DomainError):
    """A call that pretends to be Stripe's."""

    code = "invalid_signature"

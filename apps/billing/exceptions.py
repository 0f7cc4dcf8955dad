from apps.core.exceptions import DomainError


class QuotaExceeded(DomainError):
    """The plan's amount is used up. Carries `gate`, `retryable`, `meter`, `limit` and `available_in` (plan codes)."""

    code = "quota_exceeded"

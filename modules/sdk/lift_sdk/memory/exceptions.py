"""What can go wrong when a module asks the platform."""


class PlatformError(Exception):
    """Any failure of a call to the platform."""


class PlatformRefusal(PlatformError):
    """The platform answered, and the answer is no; `code` is one of `docs/api/errors.md`.

    `retry_after` is the number of seconds to wait where waiting helps. `errors` are rows about single fields,
    `{"pointer", "code", "detail"}`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str = "",
        retry_after: int | None = None,
        errors: tuple[dict[str, str], ...] = (),
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.title = title
        self.retry_after = retry_after
        self.errors = errors


class NotAuthenticated(PlatformRefusal):
    """401: the credential does not hold, or no longer; a module token lives for a minute."""


class QuotaExceeded(PlatformRefusal):
    """402: the organisation's plan is used up."""


class PermissionDenied(PlatformRefusal):
    """403: neither the person nor the module may do this."""


class NotFound(PlatformRefusal):
    """404: there is no such thing in this organisation."""


class Conflict(PlatformRefusal):
    """409: the state does not allow it, for example another content under the same `external_id`."""


class RateLimited(PlatformRefusal):
    """429, still after the retries that the time allowed."""


class PlatformAway(PlatformError):
    """No answer of use within the time: refused connections, time-outs, 5xx. The work may or may not have been done.

    `deadline_passed` tells that there was no time for another try; `retry_after` what the last answer asked for, in
    seconds.
    """

    def __init__(self, reason: str, *, deadline_passed: bool = False, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.deadline_passed = deadline_passed
        self.retry_after = retry_after


REFUSALS: dict[int, type[PlatformRefusal]] = {
    401: NotAuthenticated,
    402: QuotaExceeded,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}

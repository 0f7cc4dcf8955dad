"""Refusals in Stripe's shape."""

from typing import Any


class StripeError(Exception):
    """An answer other than 200. `keep`: what was done until then stays, as a payment attempt that was declined does."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        keep: bool = False,
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.code, self.param = status, kind, code, param
        self.decline_code, self.keep = decline_code, keep

    def body(self) -> dict[str, Any]:
        fields = {"code": self.code, "decline_code": self.decline_code, "param": self.param}
        present = {name: value for name, value in fields.items() if value is not None}
        return {"error": {"type": self.kind, "message": str(self), **present}}


def resource_missing(kind: str, id_: str, *, param: str = "id", status: int = 404) -> StripeError:
    return StripeError(f"No such {kind}: '{id_[:100]}'", status=status, code="resource_missing", param=param)


def parameter_missing(param: str) -> StripeError:
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def parameter_invalid(message: str, param: str, *, code: str = "parameter_invalid") -> StripeError:
    return StripeError(message, code=code, param=param)


def declined(decline_code: str, *, keep: bool = False) -> StripeError:
    code = decline_code if decline_code in {"expired_card", "incorrect_cvc", "incorrect_number"} else "card_declined"
    message = DECLINE_TEXTS.get(decline_code, "Your card was declined.")
    return StripeError(message, status=402, kind="card_error", code=code, decline_code=decline_code, keep=keep)


DECLINE_TEXTS = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "test_mode_live_card": "Your card was declined: only Stripe's test card numbers are accepted here.",
}

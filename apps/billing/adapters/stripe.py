"""The way to Stripe, or to what stands in for it: one client, and Stripe's refusals in our words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import stripe
from django.conf import settings

from apps.billing.exceptions import BillingRefused, BillingUnavailable, PaymentFailed

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10
# Every write carries an idempotency key of ours, so what was lost on the way is simply sent again.
RETRIES = 2


def stripe_client() -> stripe.StripeClient:
    """Return the client; raise `BillingUnavailable` where no key is set."""
    if not settings.STRIPE_SECRET_KEY:
        raise BillingUnavailable("Payments are not set up here.")
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_HOST)


@cache
def _client(key: str, host: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": host},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


@contextmanager
def stripe_refusals() -> Iterator[None]:
    """Turn what Stripe refuses into domain errors: `PaymentFailed`, `BillingRefused`, `BillingUnavailable`.

    Its messages about cards are meant for customers; all others may speak of our set-up and stay in the log.
    """
    try:
        yield
    except stripe.CardError as error:
        raise PaymentFailed(error.user_message or "The card was declined.") from error
    except stripe.InvalidRequestError as error:
        logger.warning("Stripe refused a request: %s", error)
        raise BillingRefused("This does not fit what Stripe knows. Ask again in a moment.") from error
    except stripe.StripeError as error:
        raise BillingUnavailable(
            "Payments are not available at present. Try again in a minute.", retry_after=60
        ) from error

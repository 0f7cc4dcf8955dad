"""Whether Stripe answers us."""

import stripe
from django.conf import settings

from apps.observability.types import WELL, Finding, State

CONSEQUENCE = "Plans cannot be bought or changed, and payments are not seen. What was bought goes on; usage waits."
_SECONDS = 3


def stripe_check() -> Finding:
    """Ask for one price: it takes a key that holds."""
    if not settings.STRIPE_SECRET_KEY:
        return Finding(State.OK, "payments are not set up here")
    # A client of its own: the usual one waits longer and tries again.
    client = stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": settings.STRIPE_API_HOST},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=_SECONDS),
    )
    try:
        client.v1.prices.list({"limit": 1})
    except stripe.AuthenticationError:
        return Finding(State.DOWN, "Stripe refuses our key")
    except stripe.StripeError as error:
        return Finding(State.DOWN, f"Stripe does not answer as it should ({type(error).__name__})")
    return WELL

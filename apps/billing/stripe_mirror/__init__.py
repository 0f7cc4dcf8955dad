"""dj-stripe as the mirror of what Stripe has of our customers: read when Stripe is away, and by operators.

Of dj-stripe only the tables and the way from an object to its row are used. Its webhook view keeps bodies before it has
checked their signature, and its helpers read periods where Stripe has had none since 2025-03-31.
"""

import stripe
from django.core.checks.registry import registry

# dj-stripe asks for what a row refers to and is not there yet; jobs wait for it.
TIMEOUT_SECONDS = 10


def mirror_prepare() -> None:
    """Keep dj-stripe from writing the API key into its tables in clear, as it does to find the owner of an object.

    With one account there is nothing to find: rows then have no owner, and dj-stripe uses the key of the settings.
    """
    from djstripe.checks import check_webhook_endpoint_has_secret, check_webhook_validation  # noqa: PLC0415 - as below
    from djstripe.models import Account  # noqa: PLC0415 - models must be loaded

    # It would ask the database at each start, for webhook endpoints that we do not use.
    registry.registered_checks.discard(check_webhook_endpoint_has_secret)
    registry.registered_checks.discard(check_webhook_validation)
    stripe.default_http_client = stripe.RequestsClient(timeout=TIMEOUT_SECONDS)
    Account.get_or_retrieve_for_api_key = classmethod(lambda _cls, _api_key: None)

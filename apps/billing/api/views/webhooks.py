"""Where Stripe tells what has happened."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.billing.services.stripe_sync import event_receive
from apps.core.api.errors import problem_response
from apps.core.api.permissions import PUBLIC
from apps.core.api.views import ApiView

MAX_BODY = 512 * 1024


class StripeWebhookView(ApiView):
    access = {"POST": PUBLIC}
    authentication_classes = ()

    @extend_schema(request={"application/json": {"type": "object"}}, responses={200: None})
    def post(self, request: Request) -> Response:
        """Take an event of Stripe's; its signature is the proof of who sends it. Sent again, it changes nothing."""
        # Judged by what is announced, before anything is read; without a length there is no body here.
        announced = request.META.get("CONTENT_LENGTH") or ""
        if announced.isdecimal() and int(announced[:20]) > MAX_BODY:
            return problem_response("too_large", detail=f"An event has at most {MAX_BODY} bytes.")
        body: bytes = request._request.body  # noqa: SLF001 - the signature is of the raw bytes
        event_receive(body=body, signature=request.headers.get("Stripe-Signature"), now=timezone.now())
        return Response(status=200)

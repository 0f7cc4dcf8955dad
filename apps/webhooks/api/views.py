"""Webhooks of the caller's organisation, and what was delivered to them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.pagination import page_of
from apps.core.api.serializers import PageQuery
from apps.core.api.views import ApiView
from apps.core.tenancy.scope import public_scope
from apps.webhooks.api import serializers as io
from apps.webhooks.models import WebhookDelivery, WebhookEndpoint
from apps.webhooks.selectors import (
    deliveries_present,
    delivery_get,
    delivery_present,
    endpoint_get,
    endpoints_present,
)
from apps.webhooks.services.deliveries import delivery_replay, delivery_skip, exhausted_replay, test_send
from apps.webhooks.services.endpoints import endpoint_create, endpoint_delete, endpoint_update, secret_rotate


def _one(endpoint: WebhookEndpoint) -> dict[str, Any]:
    (shown,) = endpoints_present([endpoint])
    return shown


class WebhooksView(ApiView):
    access = {"GET": Permission.WEBHOOKS_READ, "POST": Permission.WEBHOOKS_WRITE}

    @extend_schema(operation_id="webhooks_list", parameters=[PageQuery], responses=io.WebhookPage)
    def get(self, request: Request) -> Response:
        """The webhooks of the organisation, oldest first."""
        query = self.valid_query(request, PageQuery)
        rows = WebhookEndpoint.objects.filter(organization_id=self.principal.organization_id, module_id="")
        page = page_of(
            rows, order="created_at", cursor=query.get("cursor"), limit=query["limit"], present=lambda row: {"row": row}
        )
        return Response({**page, "results": endpoints_present(one["row"] for one in page["results"])})

    # Not idempotent by key: the answer, which would be kept, holds the secret.
    @extend_schema(request=io.WebhookInput, responses={201: io.WebhookMadeOutput})
    def post(self, request: Request) -> Response:
        """Have events sent to an address. The answer holds the secret of its signatures: nobody is shown it again."""
        body = self.valid_body(request, io.WebhookInput)
        endpoint, secret = endpoint_create(principal=self.principal, now=timezone.now(), **body)
        return Response({**_one(endpoint), "secret": secret}, status=status.HTTP_201_CREATED)


class WebhookView(ApiView):
    access = {
        "GET": Permission.WEBHOOKS_READ,
        "PATCH": Permission.WEBHOOKS_WRITE,
        "DELETE": Permission.WEBHOOKS_WRITE,
    }

    @extend_schema(operation_id="webhooks_retrieve", responses=io.WebhookOutput)
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """One webhook, with how it is."""
        del request
        endpoint = endpoint_get(organization_id=self.principal.organization_id, endpoint_id=webhook_id)
        return Response(_one(endpoint))

    @extend_schema(request=io.WebhookChange, responses=io.WebhookOutput)
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Change it, switch it off, or on again: then what is pending is sent."""
        changes = self.valid_body(request, io.WebhookChange)
        endpoint = endpoint_update(
            principal=self.principal, endpoint_id=webhook_id, changes=changes, now=timezone.now()
        )
        return Response(_one(endpoint))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Delete it, with the log of its deliveries."""
        del request
        endpoint_delete(principal=self.principal, endpoint_id=webhook_id, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SecretRotateView(ApiView):
    access = {"POST": Permission.WEBHOOKS_WRITE}

    @extend_schema(request=io.SecretRotateInput, responses=io.SecretOutput)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Replace the secret. For the overlap, messages carry signatures with both."""
        body = self.valid_body(request, io.SecretRotateInput)
        endpoint, secret = secret_rotate(
            principal=self.principal,
            endpoint_id=webhook_id,
            overlap=timedelta(hours=body["overlap_hours"]),
            now=timezone.now(),
        )
        return Response({"secret": secret, "previous_secret_until": endpoint.previous_secret_until})


class WebhookTestView(ApiView):
    access = {"POST": Permission.WEBHOOKS_WRITE}

    @extend_schema(request=io.NothingInput, responses={201: io.DeliveryOutput})
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send a message of type `webhook.test`, once and now; ask for the delivery to see what came of it."""
        self.valid_body(request, io.NothingInput)
        delivery = test_send(principal=self.principal, endpoint_id=webhook_id, now=timezone.now())
        return Response(deliveries_present([delivery])[0], status=status.HTTP_201_CREATED)


class WebhookReplayView(ApiView):
    access = {"POST": Permission.WEBHOOKS_WRITE}

    @extend_schema(request=io.ReplayInput, responses={202: io.QueuedOutput})
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send again all that was given up, in its order."""
        body = self.valid_body(request, io.ReplayInput)
        count = exhausted_replay(
            principal=self.principal, endpoint_id=webhook_id, since=body["since"], now=timezone.now()
        )
        return Response({"queued": count}, status=status.HTTP_202_ACCEPTED)


class DeliveriesView(ApiView):
    access = {"GET": Permission.WEBHOOKS_READ}

    @extend_schema(operation_id="webhooks_deliveries_list", parameters=[io.DeliveriesQuery], responses=io.DeliveryPage)
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """What was, and is to be, delivered: newest first."""
        query = self.valid_query(request, io.DeliveriesQuery)
        endpoint = endpoint_get(organization_id=self.principal.organization_id, endpoint_id=webhook_id)
        equal = {name: query[name] for name in ("status", "event_type") if name in query}
        page = page_of(
            WebhookDelivery.objects.filter(endpoint=endpoint, **equal),
            order="-created_at",
            cursor=query.get("cursor"),
            limit=query["limit"],
            present=lambda row: {"row": row},
        )
        return Response({**page, "results": deliveries_present(one["row"] for one in page["results"])})


class DeliveryView(ApiView):
    access = {"GET": Permission.WEBHOOKS_READ}

    @extend_schema(operation_id="webhooks_delivery_retrieve", responses=io.DeliveryDetailOutput)
    def get(self, request: Request, delivery_id: UUID) -> Response:
        """One delivery: what is sent, and every try."""
        del request
        delivery = delivery_get(organization_id=self.principal.organization_id, delivery_id=delivery_id)
        with public_scope():
            return Response(delivery_present(delivery, self.principal))


class DeliveryReplayView(ApiView):
    access = {"POST": Permission.WEBHOOKS_WRITE}

    @extend_schema(request=io.NothingInput, responses={202: io.DeliveryOutput})
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Send it again: with the same `webhook-id`, at its place in the order, and with all tries."""
        self.valid_body(request, io.NothingInput)
        delivery = delivery_replay(principal=self.principal, delivery_id=delivery_id, now=timezone.now())
        return Response(deliveries_present([delivery])[0], status=status.HTTP_202_ACCEPTED)


class DeliverySkipView(ApiView):
    access = {"POST": Permission.WEBHOOKS_WRITE}

    @extend_schema(request=io.NothingInput, responses=io.DeliveryOutput)
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Give up a pending delivery that holds up those behind it."""
        self.valid_body(request, io.NothingInput)
        delivery = delivery_skip(principal=self.principal, delivery_id=delivery_id, now=timezone.now())
        return Response(deliveries_present([delivery])[0])

"""Plans, the subscription, and how it is paid."""

import hashlib
import json
from dataclasses import asdict

from django.utils import timezone
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.billing.api import serializers as io
from apps.billing.models import Entitlement, Subscription
from apps.billing.selectors.entitlements import entitlements_of
from apps.billing.selectors.invoices import invoice_present, invoices_page
from apps.billing.selectors.plans import plans_present
from apps.billing.selectors.subscriptions import subscription_get, subscription_present
from apps.billing.services.stripe_sync import subscription_sync
from apps.billing.services.subscriptions import (
    change_preview,
    checkout_start,
    portal_start,
    settings_update,
    subscription_cancel,
    subscription_change,
    subscription_resume,
)
from apps.core.api.serializers import PageQuery
from apps.core.api.views import ApiView
from apps.core.exceptions import PreconditionFailed

ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=True, description="Names these settings; send it in If-Match."
)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag that was read: newer settings refuse it with 412."
)


class BillingView(ApiView):
    """Not counted: whoever has used up a quota must be able to see and to lift it."""

    unmetered = True

    def subscription_response(self, subscription: Subscription) -> Response:
        return Response(subscription_present(subscription, now=timezone.now()))


class PlansView(BillingView):
    access = {"GET": Permission.BILLING_READ}

    @extend_schema(responses=io.PlanPage)
    def get(self, request: Request) -> Response:
        """The plans on sale, smallest first, with what they include and what they cost."""
        del request
        plans = plans_present()
        return Response({"results": plans, "next": None, "total": len(plans)})


class SubscriptionView(BillingView):
    access = {"GET": Permission.BILLING_READ}

    @extend_schema(responses=io.SubscriptionOutput)
    def get(self, request: Request) -> Response:
        """The plan that holds, what is paid for, and how."""
        del request
        return self.subscription_response(subscription_get(organization_id=self.principal.organization_id))


class EntitlementsView(BillingView):
    access = {"GET": Permission.BILLING_READ}

    @extend_schema(responses=io.EntitlementsOutput)
    def get(self, request: Request) -> Response:
        """What your organisation may use at present; the version grows with every change."""
        del request
        row = Entitlement.objects.select_related("plan").get(organization_id=self.principal.organization_id)
        held = entitlements_of(row)
        return Response(
            {
                "version": held.version,
                "plan": held.plan,
                "features": {
                    code: {
                        "limit": limit.limit,
                        "ceiling": limit.ceiling,
                        "enforcement": "soft" if limit.is_soft else "hard",
                    }
                    for code, limit in held.features.items()
                },
                "modules": {
                    module_id: {"included": limit.is_included, "calls_per_month": limit.calls_per_month}
                    for module_id, limit in held.modules.items()
                },
                "computed_at": row.computed_at,
            }
        )


class CheckoutView(BillingView):
    access = {"POST": Permission.BILLING_WRITE}

    @extend_schema(request=io.CheckoutInput, responses={201: io.UrlOutput})
    def post(self, request: Request) -> Response:
        """Begin to buy a plan: the answer is the address of the payment page."""
        url = checkout_start(principal=self.principal, now=timezone.now(), **self.valid_body(request, io.CheckoutInput))
        return Response({"url": url}, status=201)


class PortalView(BillingView):
    access = {"POST": Permission.BILLING_WRITE}

    @extend_schema(request=io.EmptyInput, responses={201: io.UrlOutput})
    def post(self, request: Request) -> Response:
        """The address of the pages for cards, tax ids and invoices."""
        self.valid_body(request, io.EmptyInput)
        return Response({"url": portal_start(principal=self.principal, now=timezone.now())}, status=201)


class PreviewView(BillingView):
    access = {"POST": Permission.BILLING_WRITE}

    @extend_schema(request=io.PlanChoice, responses=io.PreviewOutput)
    def post(self, request: Request) -> Response:
        """What a change of plan would cost, and what would be above its limits. Nothing is changed."""
        preview = change_preview(
            organization_id=self.principal.organization_id,
            now=timezone.now(),
            **self.valid_body(request, io.PlanChoice),
        )
        return Response(
            {
                "due_now_cents": preview.due_now_cents,
                "credit_cents": preview.credit_cents,
                "next_amount_cents": preview.next_amount_cents,
                "next_at": preview.next_at,
                "currency": preview.currency,
                "lines": [
                    {"description": description, "amount_cents": amount} for description, amount in preview.lines
                ],
                "over_limit": [asdict(one) for one in preview.over_limit],
            }
        )


class ChangeView(BillingView):
    access = {"POST": Permission.BILLING_WRITE}

    @extend_schema(request=io.PlanChoice, responses=io.SubscriptionOutput)
    def post(self, request: Request) -> Response:
        """Change the plan at once: what is left of the old one is credited, the new one charged."""
        choice = self.valid_body(request, io.PlanChoice)
        return self.subscription_response(subscription_change(principal=self.principal, now=timezone.now(), **choice))


class CancelView(BillingView):
    access = {"POST": Permission.BILLING_WRITE}

    @extend_schema(request=io.EmptyInput, responses=io.SubscriptionOutput)
    def post(self, request: Request) -> Response:
        """Let the subscription end with its period."""
        self.valid_body(request, io.EmptyInput)
        return self.subscription_response(subscription_cancel(principal=self.principal, now=timezone.now()))


class ResumeView(BillingView):
    access = {"POST": Permission.BILLING_WRITE}

    @extend_schema(request=io.EmptyInput, responses=io.SubscriptionOutput)
    def post(self, request: Request) -> Response:
        """Take back that the subscription ends."""
        self.valid_body(request, io.EmptyInput)
        return self.subscription_response(subscription_resume(principal=self.principal, now=timezone.now()))


class RefreshView(BillingView):
    access = {"POST": Permission.BILLING_WRITE}

    @extend_schema(request=io.EmptyInput, responses=io.SubscriptionOutput)
    def post(self, request: Request) -> Response:
        """Ask Stripe now, without waiting for its message."""
        self.valid_body(request, io.EmptyInput)
        return self.subscription_response(
            subscription_sync(organization_id=self.principal.organization_id, now=timezone.now())
        )


class InvoicesView(BillingView):
    access = {"GET": Permission.BILLING_READ}

    @extend_schema(parameters=[PageQuery], responses=io.InvoicePage)
    def get(self, request: Request) -> Response:
        """Invoices, newest first."""
        query = self.valid_query(request, PageQuery)
        return Response(
            invoices_page(
                organization_id=self.principal.organization_id, cursor=query.get("cursor"), limit=query["limit"]
            )
        )


class InvoiceView(BillingView):
    access = {"GET": Permission.BILLING_READ}

    @extend_schema(operation_id="billing_invoice_retrieve", responses=io.InvoiceDetailOutput)
    def get(self, request: Request, invoice_id: str) -> Response:
        """An invoice with its lines. A line with a meter is made of the ledger's rows of its period."""
        del request
        return Response(invoice_present(organization_id=self.principal.organization_id, invoice_id=invoice_id))


class SettingsView(BillingView):
    access = {"GET": Permission.BILLING_READ, "PATCH": Permission.BILLING_WRITE}

    @extend_schema(parameters=[ETAG], responses=io.BillingSettingsOutput)
    def get(self, request: Request) -> Response:
        """Where invoices go, what may be spent above the plan, and when alerts are sent."""
        del request
        return self._response(subscription_get(organization_id=self.principal.organization_id))

    @extend_schema(parameters=[IF_MATCH, ETAG], request=io.BillingSettingsInput, responses=io.BillingSettingsOutput)
    def patch(self, request: Request) -> Response:
        """Change these settings; what is not given stays."""
        changes = self.valid_body(request, io.BillingSettingsInput)
        header = request.headers.get("If-Match")
        seen = self._tag(subscription_get(organization_id=self.principal.organization_id))
        if header is not None and header.strip() != "*" and seen not in parse_etags(header):
            raise PreconditionFailed("The settings have changed since you read them.")
        return self._response(settings_update(principal=self.principal, now=timezone.now(), **changes))

    def _response(self, subscription: Subscription) -> Response:
        return Response(_settings(subscription), headers={"ETag": self._tag(subscription)})

    @staticmethod
    def _tag(subscription: Subscription) -> str:
        values = _settings(subscription)
        text = json.dumps(values, sort_keys=True)
        return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _settings(subscription: Subscription) -> dict[str, object]:
    return {
        "billing_email": subscription.billing_email,
        "spend_limit_cents": subscription.spend_limit_cents,
        "alert_percents": subscription.alert_percents,
    }

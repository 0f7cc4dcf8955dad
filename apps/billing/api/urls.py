from django.urls import path

from apps.billing.api.views import plans, usage, webhooks

urlpatterns = [
    path("/plans", plans.PlansView.as_view(), name="billing-plans"),
    path("/subscription", plans.SubscriptionView.as_view(), name="billing-subscription"),
    path("/subscription/preview", plans.PreviewView.as_view(), name="billing-subscription-preview"),
    path("/subscription/change", plans.ChangeView.as_view(), name="billing-subscription-change"),
    path("/subscription/cancel", plans.CancelView.as_view(), name="billing-subscription-cancel"),
    path("/subscription/resume", plans.ResumeView.as_view(), name="billing-subscription-resume"),
    path("/subscription/refresh", plans.RefreshView.as_view(), name="billing-subscription-refresh"),
    path("/entitlements", plans.EntitlementsView.as_view(), name="billing-entitlements"),
    path("/checkout", plans.CheckoutView.as_view(), name="billing-checkout"),
    path("/portal", plans.PortalView.as_view(), name="billing-portal"),
    path("/settings", plans.SettingsView.as_view(), name="billing-settings"),
    path("/invoices", plans.InvoicesView.as_view(), name="billing-invoices"),
    path("/invoices/<str:invoice_id>", plans.InvoiceView.as_view(), name="billing-invoice"),
    path("/quotas", usage.QuotasView.as_view(), name="billing-quotas"),
    path("/usage", usage.UsageView.as_view(), name="billing-usage"),
    path("/usage/export", usage.UsageExportView.as_view(), name="billing-usage-export"),
    path("/usage/events", usage.UsageEventsView.as_view(), name="billing-usage-events"),
    path("/usage/report", usage.ModuleUsageView.as_view(), name="billing-usage-report"),
    path("/reservations", usage.ReservationsView.as_view(), name="billing-reservations"),
    path(
        "/reservations/<uuid:reservation_id>/settle", usage.ReservationView.as_view(), name="billing-reservation-settle"
    ),
    path("/alerts", usage.AlertsView.as_view(), name="billing-alerts"),
    path("/reconciliation", usage.ReconciliationView.as_view(), name="billing-reconciliation"),
    path("/stripe/webhook", webhooks.StripeWebhookView.as_view(), name="billing-stripe-webhook"),
]

"""All URLs. The path carries the API's major version; everything else stands at the root."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from apps.accounts.api.views.keys import JwksView
from apps.accounts.views import VerifyEmailView
from apps.observability.api.views import StatusView
from apps.observability.views import deep_health, logs, metrics
from liftos.dashboard import DashboardView
from liftos.openapi import RedocView, SchemaView, SwaggerView

handler400 = "apps.core.api.errors.handler400"
handler403 = "apps.core.api.errors.handler403"
handler404 = "apps.core.api.errors.handler404"
handler500 = "apps.core.api.errors.handler500"

urlpatterns = [
    path("verify-email/<str:key>", VerifyEmailView.as_view(), name="verify-email"),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/log/", admin.site.admin_view(logs), name="admin-log"),
    path("admin/", admin.site.urls),
    path("metrics", metrics, name="metrics"),
    path("health/deep", deep_health, name="health-deep"),
    path("api/v1/status", StatusView.as_view(), name="status"),
    path("", include("apps.observability.api.urls")),
    path(".well-known/jwks.json", JwksView.as_view(), name="jwks"),
    path("docs", SwaggerView.as_view(url_name="schema"), name="docs"),
    path("redoc", RedocView.as_view(url_name="schema"), name="redoc"),
    path("api/v1/schema", SchemaView.as_view(), name="schema"),
    path("api/v1/", include("apps.accounts.api.urls")),
    path("api/v1/audit", include("apps.audit.api.urls")),
    path("api/v1/webhooks", include("apps.webhooks.api.urls")),
    path("api/v1/events", include("apps.events.api.urls")),
    path("api/v1/billing", include("apps.billing.api.urls")),
    path("api/v1/memory", include("apps.memory.api.urls")),
    path("api/v1/modules", include("apps.registry.api.urls")),
    path("", DashboardView.as_view(), name="dashboard"),
    path("<path:path>", DashboardView.as_view()),
]

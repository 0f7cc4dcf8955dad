"""The OpenAPI document and its two readers, open to everybody like the documentation they are."""

from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from apps.core.api.permissions import PUBLIC


class SchemaView(SpectacularAPIView):
    access = {"GET": PUBLIC}
    authentication_classes = []


class SwaggerView(SpectacularSwaggerView):
    access = {"GET": PUBLIC}
    authentication_classes = []


class RedocView(SpectacularRedocView):
    access = {"GET": PUBLIC}
    authentication_classes = []

"""The OpenAPI document and its two readers, open to everybody like the documentation they are."""

from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from apps.core.api.permissions import PUBLIC


class SchemaView(SpectacularAPIView):  # type: ignore[misc] - drf-spectacular's views are loosely typed
    access = {"GET": PUBLIC}
    authentication_classes = []


class SwaggerView(SpectacularSwaggerView):  # type: ignore[misc] - as above
    access = {"GET": PUBLIC}
    authentication_classes = []


class RedocView(SpectacularRedocView):  # type: ignore[misc] - as above
    access = {"GET": PUBLIC}
    authentication_classes = []

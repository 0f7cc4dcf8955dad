"""The OpenAPI document and its two readers, open to everybody like the documentation they are."""

from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.permissions import PUBLIC


class Page(APIView):
    """A page whose refusals are problems: its own renderer knows HTML only, and has no template for them."""

    metadata_class = None

    def handle_exception(self, exc: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)


class SchemaView(SpectacularAPIView):
    access = {"GET": PUBLIC}
    authentication_classes = []


class SwaggerView(Page, SpectacularSwaggerView):
    access = {"GET": PUBLIC}
    authentication_classes = []


class RedocView(Page, SpectacularRedocView):
    access = {"GET": PUBLIC}
    authentication_classes = []

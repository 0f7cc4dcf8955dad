"""What operators' programs read; not part of the API."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from apps.core.api.errors import problem_http_response
from apps.observability.metrics import metrics_text


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a scrape: with `METRICS_TOKEN` only to who sends it, without one only in development.

    The figures name organisations and tell how busy they are.
    """
    if settings.METRICS_TOKEN:
        if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
            return problem_http_response("not_authenticated")
    elif not settings.METRICS_OPEN:
        raise Http404
    return HttpResponse(metrics_text(), content_type=CONTENT_TYPE_LATEST)

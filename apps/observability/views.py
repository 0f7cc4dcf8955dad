"""What operators and their programs read; not part of the API."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import wraps
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from apps.core.api.errors import problem_http_response
from apps.observability.adapters.log_store import Line, LogStore
from apps.observability.dependencies import health
from apps.observability.metrics import metrics_text
from apps.observability.selectors import log_details
from apps.observability.types import LOG_LEVELS, LogQuery, State


def _guarded(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer with `METRICS_TOKEN` only who sends it, without one only in development."""

    @wraps(view)
    def guard(request: HttpRequest) -> HttpResponse:
        if settings.METRICS_TOKEN:
            sent = request.headers.get("Authorization", "")
            # As bytes: the function takes no text beyond ASCII, and anybody can send some.
            if not constant_time_compare(sent.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()):
                return problem_http_response("not_authenticated")
        elif not settings.METRICS_OPEN:
            raise Http404
        return view(request)

    return guard


@require_safe
@_guarded
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a scrape. The figures name organisations and tell how busy they are."""
    del request
    return HttpResponse(metrics_text(), content_type=CONTENT_TYPE_LATEST)


@require_safe
@_guarded
def deep_health(request: HttpRequest) -> HttpResponse:
    """Tell how everything is that the platform needs, and what users lose; 503 where that is everything."""
    del request
    found = health()
    body = {
        "status": found.state.value,
        "checked_at": found.checked_at.isoformat(),
        "checks": [
            {
                "name": check.name,
                "status": check.finding.state.value,
                "detail": check.finding.detail,
                "consequence": check.consequence,
                "latency_ms": check.latency_ms,
            }
            for check in found.checks
        ],
    }
    response = JsonResponse(body, status=503 if found.state is State.DOWN else 200)
    response["Cache-Control"] = "no-store"
    return response


_PAGE = 100
_AGES = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7), "": None}


class LogForm(forms.Form):
    """What an operator looks for. `before` is where the page before has ended: a time, and how many lines of it."""

    request_id = forms.CharField(required=False, max_length=64)
    trace_id = forms.CharField(required=False, max_length=32)
    organization_id = forms.UUIDField(required=False)
    user_id = forms.UUIDField(required=False)
    process = forms.CharField(required=False, max_length=63)
    level = forms.ChoiceField(required=False, choices=[("", "any level"), *((one, one) for one in LOG_LEVELS)])
    contains = forms.CharField(required=False, max_length=200)
    age = forms.ChoiceField(
        required=False, choices=[("1h", "last hour"), ("24h", "last day"), ("7d", "last week"), ("", "everything")]
    )
    before = forms.RegexField(required=False, regex=r"\A\S{29}~\d{1,6}\Z", widget=forms.HiddenInput)


@require_safe
def logs(request: HttpRequest) -> HttpResponse:
    """Show the log of all processes to operators who may see everything."""
    if not getattr(request.user, "is_superuser", False):
        raise PermissionDenied
    form = LogForm(request.GET or {"age": "24h"})
    lines: list[Line] = []
    older = ""
    if form.is_valid() and settings.LOG_FOLDER:
        wanted: dict[str, Any] = dict(form.cleaned_data)
        until, _, seen = wanted.pop("before").partition("~")
        age = _AGES[wanted.pop("age")]
        texts = {name: str(value or "") for name, value in wanted.items()}
        query = LogQuery(**texts, since=timezone.now() - age if age else None)
        found = LogStore(Path(settings.LOG_FOLDER)).newest_first(query, until=until)
        lines = list(islice(_unseen(found, until, int(seen or 0)), _PAGE))
        if len(lines) == _PAGE:
            last = str(lines[-1]["time"])
            before = sum(line["time"] == last for line in lines) + (int(seen or 0) if last == until else 0)
            older = urlencode({**request.GET.dict(), "before": f"{last}~{before}"})
    context = {
        **admin.site.each_context(request),
        "title": "Log",
        "form": form,
        "lines": [{**line, "details": log_details(line)} for line in lines],
        "older": older,
        "folder": settings.LOG_FOLDER,
    }
    return TemplateResponse(request, "admin/observability/logs.html", context)


def _unseen(lines: Iterator[Line], until: str, seen: int) -> Iterator[Line]:
    """Pass over the lines of the time `until` that the page before has shown."""
    counted = enumerate(lines)
    return (line for _, line in dropwhile(lambda one: one[0] < seen and one[1]["time"] == until, counted))

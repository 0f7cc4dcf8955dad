"""What operators and their programs read; not part of the API."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from apps.core.api.errors import problem_http_response
from apps.observability.adapters.log_store import Line, LogStore
from apps.observability.metrics import metrics_text
from apps.observability.selectors import log_details
from apps.observability.types import LOG_LEVELS, LogQuery


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

"""Health end points, which need no credential and tell no secret, and the status for everybody who is signed in."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.permissions import AUTHENTICATED, PUBLIC
from apps.core.api.views import ApiView
from apps.observability import selectors
from apps.observability.api.serializers import StatusOutput


class HealthView(ApiView):
    access = {"GET": PUBLIC}
    authentication_classes = []

    @extend_schema(responses={200: {"type": "object"}}, tags=["health"])
    def get(self, request: Request) -> Response:
        """This process is alive. Depends on nothing."""
        return Response({"status": "alive"})


class ReadyView(ApiView):
    access = {"GET": PUBLIC}
    authentication_classes = []

    @extend_schema(responses={200: {"type": "object"}, 503: {"type": "object"}}, tags=["health"])
    def get(self, request: Request) -> Response:
        """This process can serve: the database answers and the token keys are usable."""
        checks = selectors.readiness()
        ready = not any(checks.values())
        body = {
            "status": "ready" if ready else "not_ready",
            "checks": {name: problem or "ok" for name, problem in checks.items()},
        }
        return Response(body, status=200 if ready else 503)


class StatusView(ApiView):
    access = {"GET": AUTHENTICATED}
    unmetered = True

    @extend_schema(responses=StatusOutput, tags=["status"])
    def get(self, request: Request) -> Response:
        """How the platform is, what is lost meanwhile, and what was wrong within the last seven days."""
        return Response(selectors.status_present(now=timezone.now()))

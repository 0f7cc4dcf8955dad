"""Operators as actors of events."""

from django.http import HttpRequest

from apps.events.types import Actor, ActorKind


def operator(request: HttpRequest) -> Actor:
    return Actor(ActorKind.OPERATOR, str(request.user.pk))

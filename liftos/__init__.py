"""The project: settings, URLs, entry points."""

from liftos.celery import app as celery_app

__all__ = ["celery_app"]

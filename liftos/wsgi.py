"""WSGI entry point: REST API, admin and dashboard."""

import os

from django.core.wsgi import get_wsgi_application

from liftos.env import settings_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())
os.environ.setdefault("PROCESS_NAME", "web")

application = get_wsgi_application()

from apps.memory.adapters.embedding import default_embedder  # noqa: E402 - Django has to be set up first

# Loaded before the first request rather than by it: that one would wait a third of a second.
default_embedder()

"""ASGI entry point: the gateway. The REST API, the admin and the dashboard are served by `liftos.wsgi`."""

import os

from django import setup

from liftos.env import settings_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())
os.environ.setdefault("PROCESS_NAME", "gateway")
setup()

from apps.gateway.asgi import GatewayApplication  # noqa: E402 - Django has to be set up first

application = GatewayApplication()

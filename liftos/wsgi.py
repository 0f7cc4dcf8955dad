"""WSGI entry point: REST API, admin and dashboard."""

import logging
import os

from django.core.wsgi import get_wsgi_application

from apps.core.logging import AccessLogFilter
from liftos.env import settings_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())

application = get_wsgi_application()
# The server has configured its loggers by now; Django's settings would replace them.
logging.getLogger("granian.access").addFilter(AccessLogFilter())

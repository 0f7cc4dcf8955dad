"""The Celery application. Tasks inherit `apps.core.tasks.OrganizationTask`, which refuses to run without a scope."""

import os

from celery import Celery

from liftos.env import settings_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())

app = Celery("liftos", task_cls="apps.core.tasks:OrganizationTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery keeps the current application per thread; the server's threads would otherwise find an unconfigured one.
app.set_default()
app.autodiscover_tasks()

"""The Celery application. Tasks inherit `apps.core.tasks.OrganizationTask`, which refuses to run without a scope."""

import os

from celery import Celery

from liftos.env import settings_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())

app = Celery("liftos", task_cls="apps.core.tasks:OrganizationTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

"""The Celery application. Tasks inherit `apps.core.tasks.OrganizationTask`, which refuses to run without a scope."""

import os
import sys
from pathlib import Path

from celery import Celery

from liftos.env import settings_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())
if Path(sys.argv[0]).parent.name == "celery" or Path(sys.argv[0]).name == "celery":
    # Its command line has yet to be read: the first word that names a part of it.
    os.environ.setdefault("PROCESS_NAME", next((one for one in sys.argv if one in {"worker", "beat"}), "celery"))

app = Celery("liftos", task_cls="apps.core.tasks:OrganizationTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery keeps the current application per thread; the server's threads would otherwise find an unconfigured one.
app.set_default()
app.autodiscover_tasks()

"""Tests: real PostgreSQL and Redis, started by tests/conftest.py; cheap password hashes; mails kept in memory."""

from liftos.env import STATE_DIR
from liftos.settings.base import *  # noqa: F403 - settings are a namespace by design
from liftos.settings.base import DATABASES, STORAGES

SECRET_KEY = "test-secret-key-that-is-long-enough-for-anything"  # noqa: S105 - protects nothing
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Each test lives in one transaction on one connection.
DATABASES["default"]["OPTIONS"].pop("pool")
# Emptied when the tests begin.
STORAGES["originals"]["OPTIONS"]["location"] = str(STATE_DIR / "test" / "files")
METRICS_OPEN = True
WHITENOISE_USE_FINDERS = True
MODULE_ADDRESSES = ["127.0.0.1"]
WEBHOOK_ADDRESSES = ["127.0.0.1"]
MODULE_REGISTRATION_KEY = "test-registration-key"

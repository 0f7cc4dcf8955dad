"""Production: everything that protects is on; a missing secret stops the start."""

from liftos.env import BASE_DIR, env
from liftos.settings.base import *  # noqa: F403 - settings are a namespace by design
from liftos.settings.base import STORAGES

SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
DATABASE_URL = env.str("DATABASE_URL")
REDIS_URL = env.str("REDIS_URL")

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^health", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STATIC_ROOT = BASE_DIR / "static" / "collected"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "liftos.dashboard.StaticFiles"}}

vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))

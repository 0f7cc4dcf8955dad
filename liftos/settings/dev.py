"""Development: embedded services, mails as files, errors with tracebacks in the log but never in an answer."""

from liftos.env import STATE_DIR, env, read_dev_env

read_dev_env()

from liftos.settings.base import *  # noqa: E402,F403 - the addresses above must be known first
from liftos.settings.base import ACCOUNT_RATE_LIMITS  # noqa: E402 - as above

SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
# Everybody who tries sign-up here comes from one address.
ACCOUNT_RATE_LIMITS["signup"] = env.str("SIGNUP_LIMIT", default="1000/h/ip")
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = str(STATE_DIR / "mail")
METRICS_OPEN = True
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# Modules run on this machine, on ports of their own.
MODULE_ADDRESSES = env.list("MODULE_ADDRESSES", default=["127.0.0.1:9001-9999", "[::1]:9001-9999"])

"""What all environments share. Read `.env.example` for the variables."""

from datetime import timedelta
from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.core.logging import logging_configuration
from liftos.env import BASE_DIR, ENVIRONMENT, STATE_DIR, env
from liftos.file_storage import originals_storage
from liftos.identity_providers import identity_providers

SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://localhost:8000")

# --- Applications ----------------------------------------------------------------------------------------------------
# Every app stands in exactly one of these two lists (tests/tenancy checks it): its tables live in the public schema, or
# in the schema of each organisation.
SHARED_APPS = [
    # Before django_tenants, which replaces a template of the admin.
    "unfold",
    "django_tenants",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "djstripe",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.core",
    "apps.observability",
    "apps.events",
    "apps.accounts",
    "apps.webhooks",
    "apps.audit",
    "apps.billing",
    "apps.registry",
    "apps.gateway",
]
TENANT_APPS = ["apps.memory"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

TENANT_MODEL = "accounts.Organization"
TENANT_DOMAIN_MODEL = "accounts.Domain"
# The search path is sent only when it differs from the one the connection has; apps.core.tenancy.backend compares.
TENANT_LIMIT_SET_CALLS = True
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
# staticfiles.W004: the dashboard need not be built. djstripe.W002: it takes any STRIPE_API_HOST for a mistake.
SILENCED_SYSTEM_CHECKS = ["staticfiles.W004", "djstripe.W002"]

MIDDLEWARE = [
    "apps.core.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.accounts.middleware.CustomDomainMiddleware",
    "apps.accounts.middleware.OrganizationMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.OperatorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "liftos.urls"
WSGI_APPLICATION = "liftos.wsgi.application"
APPEND_SLASH = False
CSRF_FAILURE_VIEW = "apps.core.api.errors.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database and cache ----------------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": {
        **env.db("DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/liftos"),
        "ENGINE": "apps.core.tenancy.backend",
        # A pool instead of persistent connections: CONN_MAX_AGE leaks one connection per thread under ASGI.
        "CONN_MAX_AGE": 0,
        # A connection that the server has dropped is replaced instead of handed out.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": env.int("DATABASE_POOL_SIZE", default=8),
                # While the database is away every thread would wait this long: hear "away" soon.
                "timeout": 3,
            },
            "connect_timeout": 5,
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The same tables as dj-stripe's own migrations make, in one step: those render their state for a minute.
MIGRATION_MODULES = {"djstripe": "apps.billing.stripe_mirror.migrations"}

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # A request would rather hear "away" than wait: no retries, and never longer than this.
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2, "retry": Retry(NoBackoff(), 0)},
    },
    # For what a process may believe for a few seconds without asking anybody.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"},
}

# The stream that tells of new events.
EVENT_STREAM = "liftos:events"

# --- Background work -------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Jobs go on when the broker is away: PostgreSQL knows whose they are.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The time limit stays below the visibility timeout, so the broker never hands a running task to a second worker.
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    # A job is recorded before its message is sent, so a broker that hangs must not hold up the request. Workers ask for
    # messages once a second, well below the timeout.
    "socket_connect_timeout": 2,
    "socket_timeout": 3,
}
# How long a worker that stopped renewing its lease on a job is believed to be alive.
JOB_LEASE_SECONDS = env.float("JOB_LEASE_SECONDS", default=30.0)
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "celerybeat")
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {"task": "core.sweep_jobs", "schedule": 10.0},
    "empty-trashes": {"task": "memory.empty_trashes", "schedule": 24 * 3600.0},
    "sweep-retention": {"task": "memory.sweep_all_retention", "schedule": 24 * 3600.0},
    "sweep-archives": {"task": "memory.sweep_all_archives", "schedule": 24 * 3600.0},
    "merge-aliases": {"task": "memory.merge_all_aliases", "schedule": 24 * 3600.0},
    "understand-left": {"task": "memory.understand_left", "schedule": 3600.0},
    "monitor-modules": {"task": "registry.monitor_modules", "schedule": 5.0},
    "check-contracts": {"task": "registry.check_contracts", "schedule": 15.0},
    "purge-health-history": {"task": "registry.purge_health_history", "schedule": 3600.0},
    "purge-accounts": {"task": "accounts.purge_due", "schedule": 3600.0},
    "recheck-domains": {"task": "accounts.recheck_domains", "schedule": 3600.0},
    "count-usage": {"task": "billing.count_usage", "schedule": 10.0},
    "keep-due": {"task": "billing.keep_due", "schedule": 10.0},
    "report-usage": {"task": "billing.report_usage", "schedule": 300.0},
    "reconcile-usage": {"task": "billing.reconcile_usage", "schedule": 3600.0},
    "tidy-billing": {"task": "billing.tidy", "schedule": 600.0},
    "purge-webhooks": {"task": "webhooks.purge", "schedule": 600.0},
    "export-audit-heads": {"task": "audit.export_heads", "schedule": 3600.0},
    "purge-events": {"task": "events.purge", "schedule": 600.0},
    "purge-expired": {"task": "core.purge_expired", "schedule": 3600.0},
    # One that came late says nothing new.
    "watch": {"task": "observability.watch", "schedule": 10.0, "options": {"expires": 10}},
    "purge-incidents": {"task": "observability.purge_incidents", "schedule": 24 * 3600.0},
    "purge-logs": {"task": "observability.purge_logs", "schedule": 3600.0},
}

# --- Accounts --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {
    "login_failed": env.str("LOGIN_FAILED_LIMIT", default="30/m/ip,5/5m/key"),
    "signup": env.str("SIGNUP_LIMIT", default="20/h/ip"),
    "confirm_email": "1/3m/key",
    "reset_password": env.str("RESET_PASSWORD_LIMIT", default="20/h/ip,5/h/key"),
    "reset_password_from_key": "20/m/ip",
    # Ours: links of invitations and address changes, and the mails that a signed-in person has us send.
    "link_try": "30/m/ip",
    "account_mail": "10/h/key",
    # Codes of second factors: the key is the account. Whoever knows a password has this many guesses.
    "second_factor": env.str("SECOND_FACTOR_LIMIT", default="30/m/ip,5/5m/key,30/d/key"),
    "passkey": "60/m/ip",
    "identity_provider": "60/m/ip",
}
# Who may vouch for people; see liftos.identity_providers.
IDENTITY_PROVIDERS = identity_providers(
    google_id=env.str("GOOGLE_CLIENT_ID", default=""),
    google_secret=env.str("GOOGLE_CLIENT_SECRET", default=""),
    others=env.str("OIDC_PROVIDERS", default=""),
    allow_http=ENVIRONMENT != "production",
)
SOCIALACCOUNT_ADAPTER = "apps.accounts.adapters.IdentityProviderAdapter"
MFA_ADAPTER = "apps.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "Lift OS"
# One step of half a minute before and after: clocks of telephones are never quite right.
MFA_TOTP_TOLERANCE = 1
# How many proxies of ours, the gateway among them where it passes requests on, append to X-Forwarded-For before the
# web process; 0 means that the header is not believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
LOGIN_URL = "/admin/login/"
# DNS servers that are asked for the proof of custom domains, `address[:port]`; empty means those of the system.
DNS_SERVERS = env.list("DNS_SERVERS", default=[])
# How long the link of a reset mail holds, in seconds.
PASSWORD_RESET_TIMEOUT = 3600
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Lift OS <no-reply@localhost>")

# How long a proof of who one is counts for what is dangerous: other addresses, second factors, deletion.
RECENT_PROOF_SECONDS = env.int("RECENT_PROOF_SECONDS", default=900)
JWT_ALGORITHM = env.str("JWT_ALGORITHM", default="EdDSA")
# PEM of the first private key (or the shared secret, for HS256 alone); see apps.accounts.keys.
JWT_SIGNING_KEY = env.str("JWT_SIGNING_KEY", default=env.str("JWT_SECRET", default=""), multiline=True)
JWT_ISSUER = env.str("JWT_ISSUER", default=PUBLIC_URL)
JWT_AUDIENCE = "liftos"
SIMPLE_JWT = {
    "ALGORITHM": JWT_ALGORITHM,
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=env.float("JWT_EXPIRATION_HOURS", default=0.25)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "USER_ID_FIELD": "id",
    "USER_ID_CLAIM": "sub",
}

# --- Modules ---------------------------------------------------------------------------------------------------------
# What a module sends as X-API-Key to register itself; without one only operators register modules.
MODULE_REGISTRATION_KEY = env.str("MODULE_REGISTRATION_KEY", default="")
# Where modules may live, `host-or-network[:port[-port]]`; the platform connects to nothing else.
MODULE_ADDRESSES = env.list("MODULE_ADDRESSES", default=[])
# How many gateway processes share a rate limit while Redis is away.
GATEWAY_PROCESSES = env.int("GATEWAY_PROCESSES", default=2)
# Origins whose scripts may call modules, `https://app.example.com`.
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
# Where the gateway reaches the WSGI process; nothing but the platform itself needs to.
WEB_URL = env.str("WEB_URL", default="http://127.0.0.1:8001")

# --- Webhooks --------------------------------------------------------------------------------------------------------
# Where webhooks may lead besides public addresses, and without TLS; `host-or-network[:port[-port]]`.
WEBHOOK_ADDRESSES = env.list("WEBHOOK_ADDRESSES", default=[])

# --- Audit -----------------------------------------------------------------------------------------------------------
# Where the ends of the audit chains are noted every hour, best where this machine can only append; empty: nowhere.
AUDIT_HEADS_FILE = env.str("AUDIT_HEADS_FILE", default="")

# --- Billing ---------------------------------------------------------------------------------------------------------
# Without a key nothing can be bought; plans, quotas and the ledger work all the same.
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
# Where Stripe is, when it is not Stripe: the stand-in of `make dev`.
STRIPE_API_HOST = env.str("STRIPE_API_HOST", default="https://api.stripe.com")
STRIPE_API_VERSION = "2026-05-27.dahlia"
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"

# --- HTTP API --------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.accounts.api.authentication.CredentialAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.api.permissions.DeclaredAccess"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "apps.core.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    # `?format=` is a parameter of ours where an export has several.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Lift OS Core",
    "DESCRIPTION": "Accounts, organisations and the shared organisation memory of the Lift applications.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PUBLIC": True,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.api.schema.complete_components",
        "apps.gateway.event_streams.add_stream_paths",
    ],
    "ENUM_NAME_OVERRIDES": {
        "OperationStatus": "apps.memory.models.Operation.Status",
        "ExportStatus": "apps.memory.models.Export.Status",
        "ImportStatus": "apps.memory.models.Import.Status",
        "ImportStep": "apps.memory.models.Import.Step",
        "InvitationStatus": ["pending", "expired", "accepted", "revoked"],
        "KeyOrGrantStatus": ["active", "expired", "revoked"],
        "DomainStatus": ["pending", "verified", "failing"],
        "SubscriptionStatus": "apps.billing.models.Subscription.Status",
        "InvoiceStatus": ["draft", "open", "paid", "void", "uncollectible"],
        "WebhookStatus": ["enabled", "disabled"],
        "DeliveryStatus": ["pending", "delivered", "exhausted"],
        "QuotaState": ["ok", "near", "reached"],
        "ComponentStatus": ["operational", "degraded", "outage"],
        "MemoryHealthStatus": ["ok", "degraded", "down"],
        "RevisionAction": "apps.memory.types.RevisionAction",
        "DifferenceKind": "apps.memory.types.DifferenceKind",
        "ReviewKind": "apps.memory.types.ReviewKind",
        "ReviewStatus": "apps.memory.types.ReviewStatus",
        "ReviewDecision": "apps.memory.types.ReviewDecision",
        "ClaimKind": "apps.memory.engine.claims.ClaimKind",
        "BulkAction": "apps.memory.types.BulkAction",
        "GrantPrincipalKind": "apps.memory.engine.reader.PrincipalKind",
        "GrantRight": "apps.memory.engine.reader.Right",
        "AccessVia": "apps.memory.engine.reader.Via",
        "ErasureStatus": "apps.memory.models.Erasure.Status",
        "RetentionAction": "apps.memory.models.RetentionRule.Action",
        "ActorKind": ["user", "api_key", "module", "operator", "system", "anonymous"],
    },
}
# Event streams that one process has open at once: each holds one of its threads, so keep it well below their number.
EVENT_STREAMS = env.int("EVENT_STREAMS", default=8)
# The largest request body, in bytes: a batch of memories. Single fields have their own, smaller limits.
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

# --- Memory ----------------------------------------------------------------------------------------------------------
KSE_DEFAULT_DOMAIN = env.str("KSE_DEFAULT_DOMAIN", default="general")
# 0 means no limit.
KSE_MAX_CONTEXTS = env.int("KSE_MAX_CONTEXTS", default=0)
# Each process keeps the memories that it searches in its own memory; those unused for longest make room for others.
MEMORY_INDEX_MB = env.int("MEMORY_INDEX_MB", default=1024)
# A service that judges passages, see `apps.memory.adapters.reranking`; without one, searches cannot ask for it.
MEMORY_RERANK_URL = env.str("MEMORY_RERANK_URL", default="")
# An embedding model behind HTTP, which organisations may choose, see `apps.memory.adapters.embedders`.
MEMORY_EMBEDDING_URL = env.str("MEMORY_EMBEDDING_URL", default="")
MEMORY_EMBEDDING_MODEL = env.str("MEMORY_EMBEDDING_MODEL", default="")
MEMORY_EMBEDDING_DIMENSION = env.int("MEMORY_EMBEDDING_DIMENSION", default=0)
MEMORY_EMBEDDING_KEY = env.str("MEMORY_EMBEDDING_KEY", default="")

# The password of the demo accounts that `manage.py seed_demo` creates; `make dev` generates one.
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="")

# --- Metrics ---------------------------------------------------------------------------------------------------------
# What a scraper of /metrics sends as bearer token. Without one the door is open in development and shut in production.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_OPEN = False
# prometheus_client reads the same variable by itself.
PROMETHEUS_MULTIPROC_DIR = env.str("PROMETHEUS_MULTIPROC_DIR", default="")

# --- The rest --------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
# Written by `make frontend`; where it has not been, the dashboard says so itself.
DASHBOARD_BUILD = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [("brand", BASE_DIR / "static" / "brand"), ("app", DASHBOARD_BUILD)]
# What the interfaces of all modules load; see `apps.gateway.module_ui`.
MODULE_SDK_UI = BASE_DIR / "modules" / "sdk" / "ui"
# Names that carry a hash: Vite's, and those of Django's manifest.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/(?:app/assets/.+-[\w-]{8}\.\w+|.+\.[0-9a-f]{12}\.\w+)$"
# Where the originals of files are kept that memories were read from: a folder, or a bucket of S3 if one is named. Web
# and workers must see the same.
FILE_STORAGE_FOLDER = env.str("FILE_STORAGE_FOLDER", default=str(STATE_DIR / "files"))
FILE_STORAGE_BUCKET = env.str("FILE_STORAGE_BUCKET", default="")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "originals": originals_storage(
        folder=FILE_STORAGE_FOLDER,
        bucket=FILE_STORAGE_BUCKET,
        endpoint=env.str("FILE_STORAGE_ENDPOINT", default=""),
        region=env.str("FILE_STORAGE_REGION", default=""),
        key_id=env.str("FILE_STORAGE_KEY_ID", default=""),
        secret=env.str("FILE_STORAGE_SECRET", default=""),
    ),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600

# --- Log -------------------------------------------------------------------------------------------------------------
# Where each process keeps a file of JSON lines for `manage.py logs`; empty means that the console is all there is.
LOG_FOLDER = env.str("LOG_FOLDER", default=str(STATE_DIR / "logs") if ENVIRONMENT == "development" else "")
# A file that has grown to this is moved aside; the oldest go when they are so many days old, or all too large together.
LOG_FILE_MB = env.int("LOG_FILE_MB", default=50)
LOG_FOLDER_MB = env.int("LOG_FOLDER_MB", default=2000)
LOG_DAYS = env.int("LOG_DAYS", default=14)
# Entry points say it where the environment does not.
PROCESS_NAME = env.str("PROCESS_NAME", default="manage")
LOGGING = logging_configuration(
    level=env.str("LOG_LEVEL", default="INFO"),
    process=PROCESS_NAME,
    folder=LOG_FOLDER,
    megabytes=LOG_FILE_MB,
    # Whoever collects what containers print wants the same lines; people want others.
    console_json=ENVIRONMENT == "production",
)
# A collector of traces and logs; the exporter reads this and OpenTelemetry's other variables by itself.
OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")


def _admin_group(title: str, *items: tuple[str, str, str]) -> dict[str, Any]:
    """Return a group of the admin's sidebar from (title, icon, name of the list's model; none for a page of ours)."""
    return {
        "title": title,
        "items": [
            {
                "title": name,
                "icon": icon,
                "link": reverse_lazy(f"admin:{model}_changelist" if model else f"admin-{name.lower()}"),
            }
            for name, icon, model in items
        ],
    }


UNFOLD = {
    "SITE_TITLE": "Lift OS",
    "SITE_HEADER": "Lift OS Core",
    "SITE_SUBHEADER": "Operators",
    "SITE_SYMBOL": "hub",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("brand/icon.svg")}],
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": [
            _admin_group(
                "Customers",
                ("Organisations", "domain", "accounts_organization"),
                ("Domains", "language", "accounts_domain"),
                ("Branding", "palette", "accounts_branding"),
                ("Memory contexts", "neurology", "memory_organizationmemory"),
            ),
            _admin_group(
                "People",
                ("Users", "person", "accounts_user"),
                ("Memberships", "group", "accounts_membership"),
                ("Invitations", "outgoing_mail", "accounts_invitation"),
                ("Roles", "shield_person", "accounts_customrole"),
                ("Sessions", "devices", "accounts_session"),
                ("API keys", "key", "accounts_apikey"),
                ("E-mail addresses", "mail", "account_emailaddress"),
            ),
            _admin_group(
                "Billing",
                ("Plans", "sell", "billing_plan"),
                ("Features", "checklist", "billing_feature"),
                ("Subscriptions", "autorenew", "billing_subscription"),
                ("Entitlements", "verified", "billing_entitlement"),
                ("Overrides", "redeem", "billing_planoverride"),
                ("Credits", "savings", "billing_creditgrant"),
                ("Invoices", "receipt", "djstripe_invoice"),
            ),
            _admin_group(
                "Usage",
                ("Quotas", "speed", "billing_usagecounter"),
                ("Ledger", "list_alt", "billing_usageevent"),
                ("Sums", "monitoring", "billing_usageaggregate"),
                ("Reconciliation", "balance", "billing_reconciliation"),
                ("Reports to Stripe", "outgoing_mail", "billing_meterreport"),
                ("Warnings", "warning", "billing_quotawarning"),
                ("Stripe events", "webhook", "billing_stripeevent"),
            ),
            _admin_group(
                "Modules",
                ("Modules", "extension", "registry_module"),
                ("Installations", "deployed_code", "registry_installation"),
                ("Health checks", "ecg_heart", "registry_healthcheck"),
            ),
            _admin_group(
                "System",
                ("Events", "receipt_long", "events_outboxevent"),
                ("Consumers", "conversion_path", "events_consumer"),
                ("Parked events", "report", "events_parkedevent"),
                ("Webhooks", "webhook", "webhooks_webhookendpoint"),
                ("Deliveries", "outbox", "webhooks_webhookdelivery"),
                ("Audit trail", "policy", "audit_auditentry"),
                ("Token keys", "key", "accounts_signingkey"),
                ("Jobs", "work_history", "core_job"),
                ("Log", "text_snippet", ""),
            ),
        ],
    },
}

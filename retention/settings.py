"""Settings: one file, every environment variable read once, by a typed reader.

BOOMERANG_ENV decides the house rules: production (the default; refuses anything unsafe), serve (one machine),
demo and test. Nothing else in the code asks which environment it is: it asks for a setting by its meaning.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from retention.kit.env import Env, EnvError
from retention.staff.navigation import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env(os.environ)

DEMO_SECRET_KEY = "demo-only-secret-key-which-production-refuses-to-start-with"  # noqa: S105 - named for what it is

try:
    ENVIRONMENT = env.choice("BOOMERANG_ENV", ("production", "serve", "demo", "test"), "production")
    PRODUCTION = ENVIRONMENT == "production"
    DEMO = ENVIRONMENT == "demo"
    TESTING = ENVIRONMENT == "test"
    LOCAL = DEMO or TESTING
    DEBUG = env.flag("DEBUG", default=False)
    SECRET_KEY = env.text("SECRET_KEY", DEMO_SECRET_KEY if LOCAL else None)
    SECRET_KEY_FALLBACKS = env.listing("SECRET_KEY_FALLBACKS")
    SITE_URL = env.text("SITE_URL", "http://localhost:8000" if not PRODUCTION else None).rstrip("/")
    ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS", (urlsplit(SITE_URL).hostname or "localhost",))
    VAR_DIR = env.path("VAR_DIR", BASE_DIR / "var")
    REDIS_URL = env.text("REDIS_URL", "redis://localhost:6379/0" if not PRODUCTION else None)
    OWNER_DATABASE = env.database("DATABASE_OWNER_URL", os.environ.get("DATABASE_URL"))
    APP_DATABASE = env.database("DATABASE_URL")
    INGEST_DATABASE = env.database("DATABASE_INGEST_URL", os.environ.get("DATABASE_URL"))
    ADMIN_PATH = env.text("ADMIN_PATH", "admin").strip("/")
    ADMIN_HOSTS = env.listing("ADMIN_HOSTS")
    METRICS_TOKEN = env.text("METRICS_TOKEN", "")
    TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0, high=5)
    MAIL_URL = env.text("MAIL_URL", "")
    INBOX_DIR = env.path("INBOX_DIR", VAR_DIR / "inbox")
    INBOX_SMTP_URL = env.text("INBOX_SMTP_URL", "")
    DNS_SERVER = env.text("DNS_SERVER", "")
    FETCH_ALLOWED_PORTS = [int(port) for port in env.listing("FETCH_ALLOWED_PORTS")]
    FETCH_ALLOW_HTTP = env.flag("FETCH_ALLOW_HTTP", default=False)
    FETCH_EGRESS_PROXY = env.text("FETCH_EGRESS_PROXY", "")
    PUSH_SERVICES = env.listing("PUSH_SERVICES")
    MERCHANT_KEYS = env.listing("MERCHANT_KEYS")
    LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
    REQUEST_SLOTS = env.number("REQUEST_SLOTS", 8, low=1, high=64)
except EnvError as error:
    raise ImproperlyConfigured(str(error)) from error

SECURE = SITE_URL.startswith("https://")

if PRODUCTION:
    if DEBUG:
        raise ImproperlyConfigured("DEBUG is on. Production never starts with it: remove DEBUG from the environment.")
    if SECRET_KEY == DEMO_SECRET_KEY or len(SECRET_KEY) < 50:
        raise ImproperlyConfigured("SECRET_KEY is the demo's or shorter than 50 characters. Set a long random one of your own.")
    if "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS holds '*'. Name the hosts this site answers to.")
    if os.environ.get("BOOMERANG_CLOCK_FILE"):
        raise ImproperlyConfigured("BOOMERANG_CLOCK_FILE is set. Only the demo may run on another clock.")

FETCH_POLICY = "loopback-only" if LOCAL else "public"
MFA_ENFORCED = not DEMO
# How whoever sits here reads the product's own mail while no mail server is set: the demo's page, serve's terminal; else not at all.
OWN_MAIL_READ_BY = "page" if DEMO else "terminal" if ENVIRONMENT == "serve" and MAIL_URL in {"", INBOX_SMTP_URL} else ""
MFA_GRACE = timedelta(days=7)

# Applications -------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "retention.staff.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "retention.tenancy",
    "retention.rest",
    "retention.notices",
    "retention.dashboard",
    "retention.stores",
    "retention.webhooks",
    "retention.customers",
    "retention.catalog",
    "retention.orders",
    "retention.intake",
    "retention.signup",
    "retention.inbox",
    "segments",
    "campaigns",
    "retention.home",
    "retention.staff.apps.StaffConfig",
]

MIDDLEWARE = [
    "retention.health.requests.RequestLog",
    "campaigns.views.own_hosts.OwnHosts",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "retention.stores.middleware.SessionLimits",
    "retention.stores.middleware.StoreOfRequest",
]

ROOT_URLCONF = "retention.urls"
WSGI_APPLICATION = "retention.wsgi.application"
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
                "retention.dashboard.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "retention.dashboard.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
SILENCED_SYSTEM_CHECKS: list[str] = []

# Databases: three logins of one PostgreSQL ---------------------------------------------------------------------------
_DATABASE: dict[str, Any] = {
    "ENGINE": "retention.tenancy.database",
    "CONN_MAX_AGE": 300,
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
    "DISABLE_SERVER_SIDE_CURSORS": True,
}
_OPTIONS = {"connect_timeout": 5, "application_name": "boomerang"}


def _connection(parts: dict[str, Any], **options: Any) -> dict[str, Any]:
    return _DATABASE | parts | {"OPTIONS": _OPTIONS | parts["OPTIONS"] | options}


DATABASES = {
    "default": _connection(
        APP_DATABASE,
        # Who is frozen in a transaction loses its locks before others lose patience (`campaigns/sending/recording.py`). No parallel plans:
        # starting helpers takes longer than a page's question, and one store would take all cores.
        options="-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=20000 "
        "-c max_parallel_workers_per_gather=0",
    ),
    "owner": _connection(OWNER_DATABASE, options="-c lock_timeout=2000"),
    "ingest": _connection(INGEST_DATABASE, options="-c statement_timeout=10000"),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache and Celery: hints only; losing them loses nothing ------------------------------------------------------------
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "retention.tenancy.caching.key_of_store",
        "KEY_PREFIX": "boomerang",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}
_REDIS_SOCKET = urlsplit(REDIS_URL)
CELERY_BROKER_URL = (
    f"redis+socket://{_REDIS_SOCKET.path}?virtual_host=1" if _REDIS_SOCKET.scheme == "unix" else env.text("BROKER_URL", REDIS_URL)
)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600, "socket_timeout": 10, "socket_connect_timeout": 5}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# People and sessions -------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "stores.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ("email", "name")}},
    {"NAME": "retention.stores.passwords.NotTheStoreName"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
ACCOUNT_ADAPTER = "retention.stores.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "retention.stores.forms.signing_up.SignupName"
ACCOUNT_FORMS = {
    "login": "retention.stores.forms.accounts.SignIn",
    "reauthenticate": "retention.stores.forms.accounts.ProveItIsYou",
    "change_password": "retention.stores.forms.accounts.ChangePassword",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that gave the password, while the next line lasts, and in no other
ACCOUNT_LOGIN_TIMEOUT = 900  # from the password to what has to follow it: the confirmed address, the second factor
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "10/15m/ip,10/15m/key",
    "signup": "20/h/ip",
    "reset_password": "20/h/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "3/10m/key",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    "manage_email": "10/m/user",
}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
PASSWORD_RESET_TIMEOUT = 3600
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_TOTP_ISSUER = "Boomerang"
MFA_ADAPTER = "retention.stores.second_factor.SecondFactorAdapter"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_ABSOLUTE_AGE = timedelta(days=7)
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
_OWN = "boomerang_demo" if DEMO else "boomerang"  # a browser keeps one jar for all ports of a host: the demo and serve would share it
SESSION_COOKIE_NAME = "__Host-boomerang" if SECURE else _OWN
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else f"{_OWN}_csrf"
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# Transport and content security --------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# Mail the product itself owes someone (retention/notices) -------------------------------------------------------------
EMAIL_BACKEND = "retention.notices.backend.NoticeBackend"
DEFAULT_FROM_EMAIL = env.text(
    "DEFAULT_FROM_EMAIL", "Boomerang <boomerang@example.test>" if not PRODUCTION else f"Boomerang <no-reply@{urlsplit(SITE_URL).hostname}>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Language, time and files ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "retention" / "locale"]
FORMAT_MODULE_PATH = ["retention.dashboard.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", VAR_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# The management API ------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["retention.stores.authentication.SecretKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["retention.stores.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["retention.rest.parsing.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "retention.rest.paging.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "retention.rest.problems.problem_answer",
    "UNAUTHENTICATED_USER": None,
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Boomerang management API",
    "DESCRIPTION": "Read and change what one store knows. Authenticate with a secret key: `Authorization: Bearer sk_...`.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "CampaignChannel": "campaigns.broadcasts.drafting.CHANNELS",
        "CampaignMetric": "campaigns.models.Campaign.Metric",
        "CampaignPauseReason": "campaigns.models.Campaign.PauseReason",
        "CampaignState": "campaigns.models.Campaign.State",
        "CampaignWhen": "campaigns.models.Campaign.When",
        "ChannelEnum": "retention.customers.models.consent.ChannelName",
        "CouponBenefit": "campaigns.models.CouponPool.Benefit",
        "CouponStanding": "campaigns.models.Coupon.Standing",
        "EndpointState": "retention.webhooks.models.Endpoint.State",
        "ImportState": "retention.customers.models.Import.State",
        "JourneyState": "campaigns.models.Journey.State",
        "SegmentKind": "segments.models.Segment.Kind",
        "SegmentState": "segments.models.Segment.State",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "retention.rest.schema.describe_problems"],
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "retention.kit.logs.JsonFormatter", "store_id": "ext://retention.tenancy.context.current_store_id"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "django.security.DisallowedHost": {"level": "ERROR"},
    },
}

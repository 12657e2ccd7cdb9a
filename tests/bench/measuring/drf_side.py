"""The WSGI application of the other side: Django with the one view of `drf_view.py`, a kept connection and no middleware."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention.settings")

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

settings.DATABASES["owner"]["CONN_MAX_AGE"] = None
django.setup(set_prefix=False)
settings.ROOT_URLCONF = "tests.bench.measuring.drf_view"
settings.MIDDLEWARE = []
application = WSGIHandler()

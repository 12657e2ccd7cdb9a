"""Every address of the product, by room. `/v1/...` (tracking) is answered in front of Django, see `wsgi.py`.

Pages of a store stand under `/s/<slug>/`. Views of libraries are marked here with the rule that guards them.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path

import campaigns.urls
import retention.intake.urls
from retention.dashboard.access import Access, Kind, mark
from retention.health import probes
from retention.stores.urls import store_urlpatterns

Addresses = list[URLPattern | URLResolver]


def trusted(entry: URLPattern | URLResolver, *, access: Access) -> URLPattern | URLResolver:
    """Mark every view of a library, which guards itself, so that the deny-first middleware lets it through."""
    for pattern in _views(entry):
        pattern.callback = mark(_plain(pattern.callback), access=access)
    return entry


def _plain(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return a function around a view, since a bound method cannot carry a mark."""

    @wraps(view)
    def answer(*args: object, **kwargs: object) -> HttpResponseBase:
        return view(*args, **kwargs)

    return answer


def _views(entry: URLPattern | URLResolver) -> Iterable[URLPattern]:
    if isinstance(entry, URLPattern):
        yield entry
        return
    for part in entry.url_patterns:
        yield from _views(part)


def demo_shop() -> Addresses:
    """Return the addresses of the demo's shop; a container is built without the demo."""
    return [path("demo/shop/", include("retention.demo.shop.urls"))] if find_spec("retention.demo") else []


urlpatterns: Addresses = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
    trusted(path(f"{settings.ADMIN_PATH}/", admin.site.urls), access=Access(Kind.STAFF_ONLY)),
    trusted(path("accounts/", include("allauth.urls")), access=Access(Kind.PUBLIC)),
    path("", include("retention.dashboard.urls")),
    path("", include("retention.stores.urls")),
    path("s/<slug:store_slug>/", include((store_urlpatterns, "settings"))),
    trusted(path("api/", include("retention.api")), access=Access(Kind.PUBLIC)),
    path("s/<slug:store_slug>/", include("retention.webhooks.urls")),
    path("", include("retention.customers.urls")),
    path("", include("retention.signup.urls")),
    path("", include("retention.catalog.urls")),
    path("", include("retention.orders.urls")),
    path("", include("retention.inbox.urls")),
    path("", include("segments.urls")),
    *demo_shop(),
    *campaigns.urls.PUBLIC,
    *retention.intake.urls.PUBLIC,
    path("s/<slug:store_slug>/", include("retention.intake.urls")),
    path("s/<slug:store_slug>/", include("campaigns.urls")),
    path("s/<slug:store_slug>/", include("retention.home.urls")),
]

handler400 = "retention.health.errors.bad_request"
handler403 = "retention.health.errors.permission_denied"
handler404 = "retention.health.errors.page_not_found"
handler500 = "retention.health.errors.server_error"

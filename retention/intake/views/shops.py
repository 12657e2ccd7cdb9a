"""Settings, Connections: which shops tell us, what they told, and what to do where something went wrong."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.dashboard.access import allows, needs
from retention.dashboard.paging import read_page
from retention.intake.forms.shops import SecretForm, ShopForm
from retention.intake.models import Delivery, ShopConnection
from retention.intake.shops import connecting, telling
from retention.intake.shops.applying import replay
from retention.intake.shops.kinds import KINDS
from retention.intake.shops.trying import NoSecret, send_test
from retention.kit.clock import now
from retention.stores import auditing
from retention.stores.stepping_up import asks_for_mfa
from retention.stores.views.settings_tabs import settings_page

CURRENT = "intake:shops"
_SIZE = 25


@needs("connections.view")
@require_GET
def list_shops(request: Any) -> HttpResponse:
    """Show the connected shops, and below them the ones that were ended."""
    shops = list(ShopConnection.objects.order_by("state", "name", "pk"))
    failed = {shop.pk: Delivery.objects.filter(connection=shop, state=Delivery.State.FAILED).count() for shop in shops}
    rows = [{"shop": shop, "failed": failed[shop.pk]} for shop in shops if shop.state != ShopConnection.State.DISCONNECTED]
    ended = [{"shop": shop, "why": telling.ended_words(shop)} for shop in shops if shop.state == ShopConnection.State.DISCONNECTED]
    return settings_page(request, "intake/shops.html", current=CURRENT, rows=rows, ended=ended, may_edit=_may_edit(request))


@needs("connections.edit")
@asks_for_mfa
@require_GET
def new_shop(request: Any) -> HttpResponse:
    """Ask which shop."""
    return settings_page(request, "intake/shop_new.html", current=CURRENT, form=ShopForm())


@needs("connections.edit")
@asks_for_mfa
@require_POST
def connect_shop(request: Any) -> HttpResponse:
    """Make the connection and show what to do in the shop; a secret of our making is shown this once."""
    form = ShopForm(request.POST)
    if not form.is_valid():
        return settings_page(request, "intake/shop_new.html", current=CURRENT, status=422, form=form)
    try:
        with transaction.atomic():
            shop, secret = connecting.connect(**form.cleaned_data, secret="", now=now())
            auditing.note(request, "shop.connected", target=f"shop:{shop.pk}", details={"kind": shop.kind})
    except connecting.OneAlready:
        form.add_error("kind", _("A WooCommerce shop is connected already. Disconnect it first, or open a store of its own for this one."))
        return settings_page(request, "intake/shop_new.html", current=CURRENT, status=422, form=form)
    if not secret:
        return redirect("intake:shop", request.store.slug, shop.public_id)
    answer = settings_page(request, "intake/shop_made.html", current=CURRENT, **_steps(request, shop), secret=secret)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@needs("connections.view")
@require_GET
def show_shop(request: Any, public_id: Any) -> HttpResponse:
    """Show one shop: what it said last, its address with us, its secret."""
    return _shop_page(request, _shop(public_id), SecretForm())


@needs("connections.edit")
@asks_for_mfa
@require_POST
def change_secret(request: Any, public_id: Any) -> HttpResponse:
    """Take a new secret; the old one is good for an hour."""
    shop = _shop(public_id, connected=True)
    form = SecretForm(request.POST)
    if not form.is_valid():
        return _shop_page(request, shop, form, status=422)
    first = not shop.sealed
    with transaction.atomic():
        connecting.change_secret(shop, secret=form.cleaned_data["secret"], now=now())
        auditing.note(request, "shop.secret_changed", target=f"shop:{shop.pk}")
    words = _("The secret is kept.") if first else _("The secret is changed. The old one is good for another hour.")
    messages.success(request, words)
    return redirect("intake:shop", request.store.slug, shop.public_id)


@needs("connections.edit")
@require_POST
def disconnect_shop(request: Any, public_id: Any) -> HttpResponse:
    """End a connection. Asks for no second factor: shutting must be quick."""
    shop = _shop(public_id, connected=True)
    with transaction.atomic():
        connecting.end(shop, because="", now=now())
        auditing.note(request, "shop.disconnected", target=f"shop:{shop.pk}")
    messages.success(request, _("%(shop)s is disconnected. What it told stays.") % {"shop": shop.name})
    return redirect("intake:shops", request.store.slug)


@needs("connections.edit")
@require_POST
def try_shop(request: Any, public_id: Any) -> HttpResponse:
    """Send a signed sample through our own door and say what came of it."""
    shop = _shop(public_id, connected=True)
    try:
        delivery = send_test(shop, now=now())
    except NoSecret:
        messages.error(request, _("Paste the shop's secret first; a test must be signed with it."))
    else:
        if delivery.state == Delivery.State.FAILED:
            messages.error(request, _("The test failed: %(reason)s") % {"reason": delivery.reason})
        else:
            messages.success(request, _("The test came through: signed, stored and read. Nothing was counted."))
    return redirect("intake:shop", request.store.slug, shop.public_id)


@needs("connections.edit")
@require_POST
def replay_delivery(request: Any, public_id: Any, delivery: Any) -> HttpResponse:
    """Let one failed delivery have its turn again."""
    shop = _shop(public_id)
    row = Delivery.objects.filter(connection=shop, public_id=delivery).first()
    if row is None:
        raise Http404
    with transaction.atomic():
        again = replay(row, now=now())
        if again:
            auditing.note(request, "shop.delivery_replayed", target=f"delivery:{row.pk}")
    if again:
        messages.success(request, _("It has its turn again within seconds."))
    else:
        messages.error(request, _("Only a delivery that failed can have its turn again."))
    return redirect("intake:shop", request.store.slug, shop.public_id)


def _shop(public_id: Any, *, connected: bool = False) -> ShopConnection:
    rows = ShopConnection.objects.connected() if connected else ShopConnection.objects.all()
    shop: ShopConnection | None = rows.filter(public_id=public_id).first()
    if shop is None:
        raise Http404
    return shop


def _may_edit(request: Any) -> bool:
    return allows(request.role, capability="connections.edit")


def _shop_page(request: Any, shop: ShopConnection, form: SecretForm, *, status: int = 200) -> HttpResponse:
    failed = Delivery.objects.filter(connection=shop, state=Delivery.State.FAILED)
    only_failed = request.GET.get("show") == "failed"
    rows = failed if only_failed else Delivery.objects.filter(connection=shop)
    page = read_page(rows.defer("body"), order=("-id",), cursor=request.GET.get("cursor", ""), size=_SIZE)
    return settings_page(
        request,
        "intake/shop.html",
        current=CURRENT,
        status=status,
        **_steps(request, shop),
        form=form,
        page=page,
        rows=[_row(shop, *both) for both in zip(page.rows, telling.what_came_of(page.rows), strict=True)],
        failed_count=failed.count(),
        only_failed=only_failed,
        ended=shop.state == ShopConnection.State.DISCONNECTED,
        why=telling.ended_words(shop),
        may_edit=_may_edit(request),
    )


def _steps(request: Any, shop: ShopConnection) -> dict[str, Any]:
    """Return what a merchant does in the shop: the address to paste and the topics to tick."""
    topics = KINDS[shop.kind].topics.values()
    return {
        "shop": shop,
        "address": f"{settings.SITE_URL}{reverse(f'hook_{shop.kind}', args=[shop.token])}",
        "wanted": [{"label": _(topic.label), "name": topic.name} for topic in topics if topic.wanted],
        "others": [{"label": _(topic.label), "name": topic.name} for topic in topics if not topic.wanted],
    }


def _row(shop: ShopConnection, delivery: Delivery, came: telling.Came) -> dict[str, Any]:
    return {
        "delivery": delivery,
        "topic": telling.topic_label(shop.kind, delivery.topic),
        "came": came,
    }

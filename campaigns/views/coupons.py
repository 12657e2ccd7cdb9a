"""Coupons: the pools of a store, a new one, one of them with what became of its codes, more codes, and a file of them."""

import csv
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.broadcasts.running import look_again
from campaigns.coupons.making import MOST_AT_ONCE, add_codes, add_made, read_codes
from campaigns.coupons.reading import figures_of
from campaigns.models import Coupon, CouponPool, SendRule
from campaigns.views.coupon_form import PoolForm
from retention.customers.importing.formulas import quote_formula
from retention.dashboard.access import allows, needs
from retention.dashboard.figures import write_money
from retention.dashboard.paging import read_page
from retention.kit import clock
from retention.stores import auditing
from retention.tenancy.context import store_context

PAGE_SIZE = 25
ROWS_AT_ONCE = 2_000
_HEADINGS = ("Code", "State", "Given at", "Counts until", "Used at", "Order")


@needs("messages.view")
@require_safe
def list_pools(request: Any) -> HttpResponse:
    """Show the pools that are in use, or with `?away=1` those put away, with what became of their codes."""
    away = request.GET.get("away") == "1"
    pools = list(CouponPool.objects.filter(archived_at__isnull=not away).order_by("name", "id"))
    figures = figures_of(pools)
    rows = [{"pool": pool, "worth": worth_of(pool), "figures": figures[pool.pk], "few": _is_few(pool, figures[pool.pk])} for pool in pools]
    context = {
        "rows": rows,
        "away": away,
        "some_away": away or CouponPool.objects.filter(archived_at__isnull=False).exists(),
        "few": 0 if away else sum(row["few"] for row in rows),
        "may_edit": allows(request.role, capability="messages.edit"),
    }
    return render(request, "campaigns/coupons/list.html", context)


@needs("messages.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new_pool(request: Any) -> HttpResponse:
    """Ask what the codes of a new pool are, and make it."""
    form = PoolForm(request.POST or None, request.FILES or None, currency=request.store.currency)
    if request.method != "POST" or not form.is_valid():
        return render(request, "campaigns/coupons/new.html", {"form": form}, status=422 if request.method == "POST" else 200)
    now = clock.now()
    with transaction.atomic():
        pool = CouponPool(created_at=now, **form.fields_of_pool(zone=request.store.timezone))
        pool.save()
        added = add_codes(pool, form.pasted.codes, now=now) + add_made(pool, form.cleaned_data["make"] or 0, now=now)
        auditing.note(request, "coupons.made", target=f"coupons:{pool.public_id}", details={"codes": added})
    _say_added(request, added, known=len(form.pasted.codes) + (form.cleaned_data["make"] or 0) - added)
    return _back(request, pool)


@needs("messages.view")
@require_safe
def show_pool(request: Any, public_id: UUID) -> HttpResponse:
    """Show one pool: how many codes are free, given and used, what uses it, and the codes given last."""
    pool = get_object_or_404(CouponPool.objects.all(), public_id=public_id)
    sees_people = allows(request.role, capability="customers.view")
    given = Coupon.objects.given().filter(pool=pool).select_related("customer")
    page = read_page(given, order=["-drawn_at", "-id"], cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    now = clock.now()
    rules = SendRule.objects.filter(pool=pool).select_related("template", "campaign", "journey")
    figures = figures_of([pool])[pool.pk]
    context = {
        "pool": pool,
        "worth": worth_of(pool),
        "figures": figures,
        "few": _is_few(pool, figures),
        "page": page,
        "rows": [{"coupon": one, "state": _state(one, now=now), "who": str(one.customer) if one.customer else ""} for one in page.rows],
        "used_by": sorted(str(rule.template or rule.campaign or rule.journey) for rule in rules),
        "sees_people": sees_people,
        "may_edit": allows(request.role, capability="messages.edit"),
        "most": MOST_AT_ONCE,
    }
    return render(request, "campaigns/coupons/pool.html", context)


@needs("messages.edit")
@require_POST
def add_to_pool(request: Any, public_id: UUID) -> HttpResponse:
    """Put further codes into a pool: pasted ones, or so many new ones."""
    pool = get_object_or_404(CouponPool.objects.filter(archived_at=None), public_id=public_id)
    pasted, wanted = read_codes(request.POST.get("codes", "")[:2_000_000]), request.POST.get("make", "")
    make = min(int(wanted), MOST_AT_ONCE) if wanted.isascii() and wanted.isdigit() and len(wanted) < 8 else 0
    if pasted.refused:
        toasts.error(
            request,
            _("Line %(line)d is no code: “%(code)s”. Nothing was added.") % dict(zip(("line", "code"), pasted.refused[0], strict=True)),
        )
        return _back(request, pool)
    now = clock.now()
    with transaction.atomic():
        added = add_codes(pool, pasted.codes, now=now) + add_made(pool, make, now=now)
        if added:
            auditing.note(request, "coupons.added", target=f"coupons:{pool.public_id}", details={"codes": added})
    _say_added(request, added, known=len(pasted.codes) + make - added)
    return _back(request, pool)


@needs("messages.edit")
@require_POST
def archive_pool(request: Any, public_id: UUID) -> HttpResponse:
    """Give no further codes of a pool; those that were given still count."""
    pool = get_object_or_404(CouponPool.objects.filter(archived_at=None), public_id=public_id)
    with transaction.atomic():
        CouponPool.objects.filter(pk=pool.pk).update(archived_at=clock.now())
        look_again(clock.now())
        auditing.note(request, "coupons.archived", target=f"coupons:{pool.public_id}")
    toasts.success(request, _("%(name)s gives no further codes. Those that were given still count.") % {"name": pool.name})
    return redirect("campaigns:coupon_pools", request.store.slug)


@needs("messages.edit")
@require_POST
def bring_pool_back(request: Any, public_id: UUID) -> HttpResponse:
    """Give codes of a pool again that was put away."""
    pool = get_object_or_404(CouponPool.objects.filter(archived_at__isnull=False), public_id=public_id)
    with transaction.atomic():
        CouponPool.objects.filter(pk=pool.pk).update(archived_at=None)
        look_again(clock.now())
        auditing.note(request, "coupons.unarchived", target=f"coupons:{pool.public_id}")
    toasts.success(request, _("%(name)s gives codes again.") % {"name": pool.name})
    return _back(request, pool)


@needs("messages.edit")
@require_safe
def export_codes(request: Any, public_id: UUID) -> StreamingHttpResponse:
    """Send all codes of a pool as CSV: for the shop that must know them, and for counting. Nobody is named in it."""
    pool = get_object_or_404(CouponPool.objects.all(), public_id=public_id)
    answer = StreamingHttpResponse(_lines(pool.pk, store_id=request.store.pk), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="coupons.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(pool_id: int, *, store_id: int) -> Iterator[str]:
    writer, after, now = csv.writer(_Echo()), 0, clock.now()
    yield writer.writerow(_HEADINGS)
    while True:
        with store_context(store_id):
            rows = list(Coupon.objects.filter(pool_id=pool_id, pk__gt=after).order_by("pk")[:ROWS_AT_ONCE])
        for one in rows:
            moments = [moment.isoformat() if moment else "" for moment in (one.drawn_at, one.expires_at, one.redeemed_at)]
            yield writer.writerow([one.code, _state(one, now=now)[0], *moments, quote_formula(one.order_number)])
        if len(rows) < ROWS_AT_ONCE:
            return
        after = rows[-1].pk


def _state(coupon: Coupon, *, now: Any) -> tuple[str, str, str]:
    """Return how a code stands: our word, the badge and the word people read."""
    if coupon.redeemed_at is not None:
        return "used", "done", _("Used")
    if coupon.drawn_at is None:
        return ("free", "draft", _("Free")) if not coupon.occasion else ("kept", "queued", _("Kept for a message"))
    return ("expired", "ended", _("Over")) if coupon.is_over(now) else ("given", "delivered", _("Given"))


def worth_of(pool: CouponPool) -> str:
    """Say what a code of a pool is worth."""
    if pool.percent is not None:
        return _("%(percent)d%% off") % {"percent": pool.percent}
    if pool.amount_minor is not None:
        return _("%(amount)s off") % {"amount": write_money(pool.amount_minor, currency=pool.currency)}
    return _("Free shipping")


def _is_few(pool: CouponPool, figures: Any) -> bool:
    return not pool.endless and figures.free <= pool.warn_below


def _say_added(request: Any, added: int, *, known: int) -> None:
    said = ngettext("%(count)d code is in.", "%(count)d codes are in.", added) % {"count": added}
    if known > 0:
        said += " " + ngettext("%(count)d was there before.", "%(count)d were there before.", known) % {"count": known}
    toasts.success(request, said)


def _back(request: Any, pool: CouponPool) -> HttpResponse:
    return redirect("campaigns:coupon_pool", request.store.slug, pool.public_id)

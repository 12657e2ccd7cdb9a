"""The report of a started campaign: what became of everybody chosen, by variant, segment, link and hour, and as a file."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from csp.decorators import csp
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from campaigns.broadcasts import click_map, costing, exporting, following, reading
from campaigns.broadcasts.content import wording_of
from campaigns.broadcasts.reading import Figures, VariantFigures
from campaigns.measurement.attribution import window_days
from campaigns.measurement.statistics import FEWEST_EACH, difference_of_shares
from campaigns.models import Campaign
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.accounts import NoAccount, account_for
from campaigns.sending.reasons import words_of
from campaigns.sending.shelving import KEPT
from campaigns.views.broadcasts.showing import shown, variant_of
from campaigns.views.frames import FRAME_POLICY, show_mail
from campaigns.views.looking import look_at
from retention.dashboard import drawings
from retention.dashboard.access import needs
from retention.dashboard.figures import write_change, write_money, write_number, write_share
from retention.kit import clock
from retention.kit.money import format_price
from retention.kit.words import one_line

SHOWN_LINKS = 30


class Row(NamedTuple):
    """One row of the funnel. start, share: where its bar begins and how wide it is, 0 to 1. css: of those who left on the way."""

    label: str
    figure: str
    start: float
    share: float
    note: str = ""
    css: str = ""


class Verdict(NamedTuple):
    """A judgement in words. tone: good, bad or nothing."""

    tone: str
    strong: str
    text: str


def show_report(request: Any, campaign: Campaign) -> HttpResponse:
    """Show the report of a started campaign."""
    return render(request, "campaigns/campaign.html", live_parts(request, campaign) | _slow_parts(request, campaign))


@needs("messages.view")
@require_safe
def show_progress(request: Any, public_id: UUID) -> HttpResponse:
    """Show how far a campaign is and its funnel so far; the page asks again every two seconds while it sends.

    With `?of=rest` the slower parts below, which it asks for every ten: what was sent by variant, segment and link.
    """
    campaign = get_object_or_404(Campaign.objects.all(), public_id=public_id)
    if request.GET.get("of") == "rest":
        return render(request, "campaigns/_campaign_rest.html", live_parts(request, campaign) | _slow_parts(request, campaign))
    context = live_parts(request, campaign) | {"alone": True}
    if campaign.state not in (Campaign.State.SCHEDULED, Campaign.State.SENDING):
        context |= _slow_parts(request, campaign)  # the last answer brings the whole report up to date
    return render(request, "campaigns/_campaign_live.html", context)


@needs("messages.view")
@require_safe
@csp(FRAME_POLICY)  # type: ignore[arg-type]
@xframe_options_sameorigin
def show_click_map(request: Any, public_id: UUID) -> HttpResponse:
    """Show the mail with how many people clicked each of its links, for its frame. Parameter: variant, a letter."""
    variant = variant_of(public_id, request.GET.get("variant", "a"))
    links = following.links_of(variant.campaign, variant=variant.letter)
    wording, kind = wording_of(variant)
    made = look_at(request, wording, kind)
    if isinstance(made, CannotRender):
        return show_mail(request, made)
    people = {one.target: one.people for one in links}
    return HttpResponse(click_map.mark(variant.campaign, made, people=people, store=request.store).html)


@needs("messages.view")
@require_safe
def export_figures(request: Any, public_id: UUID) -> HttpResponse:
    """Hand over the figures as a CSV file."""
    campaign = get_object_or_404(Campaign.objects.all(), public_id=public_id)
    text = exporting.figures_file(campaign, currency=request.store.currency, now=clock.now())
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="campaign-{campaign.public_id}.csv"'
    return answer


def _slow_parts(request: Any, campaign: Campaign) -> dict[str, Any]:
    """Return what is worked out once a page and when sending ends: judgement, chart, variants, segments, links."""
    now, currency = clock.now(), request.store.currency
    clicked = reading.figures_of([campaign.pk], currency=currency)[campaign.pk].clicked
    variants, links = reading.variants_of(campaign, currency=currency), following.links_of(campaign)
    difference, seen = reading.difference_of(campaign, currency=currency, now=now), _seen(request, campaign)
    return {
        "variants": _lines(variants, seen),
        "better": _better(variants),
        "segments": following.by_segment(campaign, currency=currency),
        "links": _named(campaign, links[:SHOWN_LINKS], clicked, seen, request.store),
        "clicks": sum(one.clicks for one in links),
        "machines": sum(one.machines for one in links),
        "chart": _chart(following.over_time(campaign, now=now)),
        "verdict": _verdict(difference, currency=currency),
        "drawn": _drawn_money(difference, currency=currency),
        "winner_word": _("%(letter)s won and went to the rest") % {"letter": campaign.winner.upper()},
    }


def live_parts(request: Any, campaign: Campaign) -> dict[str, Any]:
    """Return what changes while it sends: state, funnel, reasons, what came after it."""
    context = shown(request, campaign)
    figures: Figures = context["figures"]
    reasons = [
        (state, words_of(reason, channel=campaign.channel).render(_), count) for state, reason, count in reading.reasons_of(campaign)
    ]
    return context | {
        "funnel": _funnel(campaign, figures, now=clock.now()),
        "kept_back": [(why, count) for state, why, count in reasons if state in ("suppressed", "skipped")],
        "not_delivered": [(why, count) for state, why, count in reasons if state in ("failed", "quarantined")],
        "waiting": [(why, count) for state, why, count in reasons if state in ("planned", "ready", "sending")],
        "unknown": [(why, count) for state, why, count in reasons if state == "unknown"],
        "after": reading.after_of(campaign),
        "credit_days": window_days(campaign.channel),
        "per_order": figures.revenue_minor // figures.orders if figures.orders else None,
        "paid": _paid(request, figures) if campaign.channel == "sms" else "",
        "per_message": round(figures.revenue_minor / figures.arrived) if figures.arrived else None,
    }


def _paid(request: Any, figures: Figures) -> str:
    """Return how many SMS left, and what they cost where the shop told the price of one."""
    try:
        price = costing.price_of(account_for(request.store, channel="sms"))
    except NoAccount:
        price = None
    if price is None or not figures.parts:
        return write_number(figures.parts)
    store = request.store
    cost = format_price(price * figures.parts, currency=store.currency, locale=store.locale)
    return _("%(parts)s, about %(cost)s") % {"parts": write_number(figures.parts), "cost": cost}


def _funnel(campaign: Campaign, figures: Figures, *, now: datetime) -> list[Row]:
    whole = figures.chosen or 1
    held_out, held_back = figures.held_out / whole, figures.held_back / whole
    rows = [Row(_("Chosen"), write_number(figures.chosen), 0, figures.chosen / whole)]
    if figures.held_out:
        note = _("%(share)s, by lot") % {"share": write_share(campaign.holdout_share)}
        rows.append(Row(_("Held back to compare"), write_number(figures.held_out), 1 - held_out, held_out, note, "fx"))
    if figures.held_back:
        note = _("Reasons below")
        rows.append(Row(_("Held back for a reason"), write_number(figures.held_back), 1 - held_out - held_back, held_back, note, "oc"))
    if figures.waiting:
        share = figures.waiting / whole
        rows.append(Row(_("Still to leave"), write_number(figures.waiting), figures.tried / whole, share, "", "fx"))
    on_site = campaign.channel == "onsite"
    sent = _("Kept for their next visit") if on_site else _("Sent")
    rows.append(Row(sent, write_number(figures.sent), 0, figures.sent / whole, _unsure(figures)))
    if on_site:
        rows += _visits(campaign, figures, now=now)
    elif figures.delivered:
        note = _("%(share)s of the sent") % {"share": write_share(figures.delivered / figures.sent)} if figures.sent else ""
        rows.append(Row(_("Delivered"), write_number(figures.delivered), 0, figures.delivered / whole, note))
    elif figures.sent:
        rows.append(
            Row(
                _("Delivered"),
                _("not known"),
                0,
                0,
                _("This mail server does not report it") if campaign.channel == "email" else _("The provider has not reported it"),
            )
        )
    if campaign.channel == "email" and not campaign.measure_opens:
        rows.append(Row(_("Opened"), _("not measured"), 0, 0, _("Its mails carry no picture that would tell")))
    elif campaign.channel == "email":
        machines = figures.loaded - figures.opened
        note = _("%(count)s more by machines and Apple's privacy proxy") % {"count": write_number(machines)} if machines > 0 else ""
        rows.append(Row(_("Opened, at least"), write_number(figures.opened), 0, figures.opened / whole, note))
    rows.append(Row(_("Clicked"), write_number(figures.clicked), 0, figures.clicked / whole, _of(figures.clicked, figures.arrived)))
    note = _("%(share)s of those who clicked") % {"share": write_share(figures.orders / figures.clicked)} if figures.clicked >= 20 else ""
    rows.append(Row(_("Ordered"), write_number(figures.orders), 0, figures.orders / whole, note))
    return rows


def _visits(campaign: Campaign, figures: Figures, *, now: datetime) -> list[Row]:
    """Return how many saw a message on the site, how many may still, and for how many its time ran out."""
    whole = figures.chosen or 1
    waits = min(reading.waiting_for_visits(campaign, now=now), max(0, figures.sent - figures.delivered))
    over = max(0, figures.sent - figures.delivered - waits)
    note = _("%(share)s of those it was kept for") % {"share": write_share(figures.delivered / figures.sent)} if figures.sent else ""
    rows = [Row(_("Seen"), write_number(figures.delivered), 0, figures.delivered / whole, note)]
    if waits:
        rows.append(Row(_("Waits for their next visit"), write_number(waits), figures.delivered / whole, waits / whole, "", "fx"))
    if over:
        note = _("It waits for %(days)s days") % {"days": write_number(KEPT.days)}
        rows.append(Row(_("Did not come by in time"), write_number(over), (figures.delivered + waits) / whole, over / whole, note, "oc"))
    return rows


def _unsure(figures: Figures) -> str:
    if not figures.unknown:
        return ""
    text = ngettext("%(count)s more is unknown, see below", "%(count)s more are unknown, see below", figures.unknown)
    return text % {"count": write_number(figures.unknown)}


def _of(count: int, whole: int) -> str:
    """Write a share once there are enough people for one; before, nothing: the counts stand beside it."""
    if whole < FEWEST_EACH:
        return _("people only, scanners left out")
    return _("%(share)s, people only") % {"share": write_share(count / whole)}


def _verdict(difference: reading.Difference | None, *, currency: str) -> Verdict:
    if difference is None:
        strong = _("Nobody was held back, so nobody can say what it really brought in.")
        return Verdict("", strong, _("Hold back 5 or 10% next time, and the answer stands here."))
    day = formats.date_format(timezone.localtime(difference.until), "DATE_FORMAT")
    if not difference.judged:
        text = _("Too few people were held back, or too few orders have come. Orders are counted until %(day)s.") % {"day": day}
        return Verdict("", _("Too early to say whether it brought in money."), text)
    found = difference.range
    amounts = {name: write_money(round(getattr(found, name)), currency=currency) for name in ("guess", "low", "high")} | {"day": day}
    text = _(
        "The best guess is %(guess)s against what would have come anyway; 95%% sure between %(low)s and %(high)s, counted until %(day)s."
    )
    strong = {
        1: _("It brought in money."),
        0: _("Too early to say whether it brought in money."),
        -1: _("It costs more than it brings."),
    }[found.says]
    return Verdict({1: "good", 0: "", -1: "bad"}[found.says], strong, text % amounts)


def _drawn_money(difference: reading.Difference | None, *, currency: str) -> str:
    """Draw the range of what it brought in; nothing while it is not judged."""
    if difference is None or not difference.judged:
        return ""
    found = difference.range
    amounts = {name: write_money(round(getattr(found, name)), currency=currency) for name in ("guess", "low", "high")}
    label = _("%(guess)s, 95%% sure between %(low)s and %(high)s") % amounts
    return drawings.interval(found.low, found.guess, found.high, scale=(found.low, found.high), label=label, width=210)


def _better(variants: list[VariantFigures]) -> list[Verdict]:
    """Compare the variant most people clicked with the next one, on clicks and on orders."""
    if len(variants) < 2:
        return []
    if not all(one.is_judged for one in variants):
        return [Verdict("", _("Too few messages to tell the variants apart."), _("Each needs at least 100."))]
    found = []
    for name, clear, unclear in (
        ("clicked", _("%(letter)s was clicked more than %(other)s."), _("No clear difference in clicks.")),
        ("ordered", _("%(letter)s sold more than %(other)s."), _("No clear difference in orders.")),
    ):
        first, second = sorted(variants, key=lambda one: (-getattr(one, name) / one.sent, one.letter))[:2]
        gap = difference_of_shares(getattr(first, name), first.sent, getattr(second, name), second.sent)
        points = {part: write_change(getattr(gap, part) * 100, points=True) for part in ("guess", "low", "high")}
        strong = (clear if gap.says > 0 else unclear) % {"letter": first.letter.upper(), "other": second.letter.upper()}
        found.append(Verdict("good" if gap.says > 0 else "", strong, _("%(guess)s, 95%% sure between %(low)s and %(high)s.") % points))
    return found


def _lines(variants: list[VariantFigures], seen: dict[str, Rendered]) -> list[dict[str, Any]]:
    """Return the variants with their ranges drawn on the scales all of them share."""
    judged = [one for one in variants if one.is_judged]
    tops = {name: max((getattr(one, name)[1] for one in judged), default=1.0) for name in ("clicks_range", "orders_range")}
    return [
        {
            "figures": one,
            "subject": _title(seen[one.letter]) if one.letter in seen else one.subject,
            "clicks": _drawn(one.rate, one.clicks_range, tops["clicks_range"]) if one.is_judged else "",
            "orders": _drawn(one.order_rate, one.orders_range, tops["orders_range"]) if one.is_judged else "",
        }
        for one in variants
    ]


def _title(made: Rendered) -> str:
    """Return what a message is called: its subject, else how its text begins."""
    return made.subject or one_line(made.text, longest=120)


def _drawn(rate: float, ends: tuple[float, float], top: float) -> str:
    values = {"guess": write_share(rate), "low": write_share(ends[0]), "high": write_share(ends[1])}
    label = _("%(guess)s, 95%% sure between %(low)s and %(high)s") % values
    return drawings.interval(ends[0], rate, ends[1], scale=(0, top), label=label, width=120)


def _seen(request: Any, campaign: Campaign) -> dict[str, Rendered]:
    """Return each variant's mail as the example person sees it, by letter; one that cannot be made is left out."""
    found = {}
    for way in campaign.variants.select_related("version", "template").order_by("letter"):
        wording, kind = wording_of(way)
        made = look_at(request, wording, kind)
        if not isinstance(made, CannotRender):
            found[way.letter] = made
    return found


def _named(
    campaign: Campaign, links: list[following.LinkFigures], clicked: int, seen: dict[str, Rendered], store: Any
) -> list[dict[str, Any]]:
    """Return the links with what each reads like in the mail; one that is not in it for the example person is named by its address."""
    labels: dict[str, str] = {}
    for made in seen.values() if links else ():
        labels = {**click_map.mark(campaign, made, people={}, store=store).labels, **labels}
    return [
        {
            "label": labels.get(one.target, ""),
            "target": one.target.partition("?")[0],
            "people": one.people,
            "share": one.people / clicked if clicked else 0,
            "orders": one.orders,
        }
        for one in links
        if one.people
    ]


def _chart(found: following.Bars | None) -> dict[str, Any] | None:
    """Return clicks and orders over time as the chart reads them, and the same as a table; None before the first click."""
    if found is None or not any(bar.clicks or bar.orders for bar in found.bars):
        return None
    style = "j M" if found.width >= timedelta(days=1) else "D H:i"
    names = [formats.date_format(timezone.localtime(bar.at), style) for bar in found.bars]
    best = max(range(len(found.bars)), key=lambda index: found.bars[index].clicks)
    finding = _("Most clicks, %(count)s, came from %(moment)s on") % {"count": write_number(found.bars[best].clicks), "moment": names[best]}
    series = [
        {"label": _("Clicks"), "values": [bar.clicks for bar in found.bars]},
        {"label": _("Orders"), "values": [bar.orders for bar in found.bars]},
    ]
    rows = [[name, write_number(bar.clicks), write_number(bar.orders)] for name, bar in zip(names, found.bars, strict=True)]
    return {
        "finding": finding,
        "data": {"labels": names, "series": series},
        "table": {"head": [_("From"), _("Clicks"), _("Orders")], "rows": rows},
        "legend": [{"css": "", "label": _("Clicks")}, {"css": "k2", "label": _("Orders")}],
    }

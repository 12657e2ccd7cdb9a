"""What will happen to a campaign next, in sentences: when it leaves for whom, who chooses the winner, who gets nothing."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats

from campaigns.broadcasts.holding import share_of
from campaigns.broadcasts.moments import first_moment
from campaigns.broadcasts.winning import FEWEST_TRIED, SURE
from campaigns.models import Campaign
from campaigns.sending.pacing import USUAL, QuietHours, first_instant
from retention.dashboard.figures import write_number, write_share
from retention.kit.words import Phrase, gettext_noop
from retention.stores.models import Store

_AT_ONCE = {
    "onsite": gettext_noop("Within a minute after you press the button it waits on the site. Each person sees it on their next visit."),
}
_LATEST = ZoneInfo("Etc/GMT+12")  # UTC-12, where a day begins last


def next_steps(campaign: Campaign, *, store: Store, now: datetime) -> list[Phrase]:
    """Return what will happen, in the order it will."""
    steps = [_leaving(campaign, store=store, now=now)]
    if campaign.when != Campaign.When.NOW:
        steps.append(Phrase(gettext_noop("Who is in the segments is asked again at that moment.")))
    if campaign.ramp_hours:
        hours = write_number(campaign.ramp_hours)
        mail = gettext_noop("It is spread evenly over %(hours)s hours, so that your mail server gets used to it.")
        other = gettext_noop("It is spread evenly over %(hours)s hours.")
        steps.append(Phrase(mail if campaign.channel == "email" else other, {"hours": hours}))
    for way in campaign.variants.exclude(delay_hours=0).order_by("letter"):
        words = {"letter": way.letter.upper(), "hours": write_number(way.delay_hours)}
        mail, other = (
            gettext_noop("Mail %(letter)s leaves %(hours)s hours later than that."),
            gettext_noop("%(letter)s leaves %(hours)s hours later."),
        )
        steps.append(Phrase(mail if campaign.channel == "email" else other, words))
    if campaign.channel in USUAL:
        steps.append(_quiet(USUAL[campaign.channel]))
    if campaign.channel == "sms":
        steps.append(Phrase(gettext_noop("Who shares a phone number with somebody else chosen: the number gets it once.")))
    if campaign.test_share is not None:
        steps += _winner(campaign)
    held = share_of(campaign)
    if held:
        share = write_share(held)
        steps.append(
            Phrase(
                gettext_noop("%(share)s of them, drawn by lot, get nothing, so that you see what it really brings in."), {"share": share}
            )
        )
    return steps


def leaves_at_once(campaign: Campaign) -> bool:
    """Say whether all of it leaves as soon as it is started: not later, not spread over hours, and no part waits for a winner."""
    later = campaign.when != Campaign.When.NOW or bool(campaign.ramp_hours) or campaign.test_share is not None
    return not later and not campaign.variants.exclude(delay_hours=0).exists()


def _quiet(hours: QuietHours) -> Phrase:
    told = {"start": f"{hours.start:%H:%M}", "end": f"{hours.end:%H:%M}"}
    return Phrase(gettext_noop("From %(start)s to %(end)s where a person is nothing leaves; what is due then waits for the morning."), told)


def _leaving(campaign: Campaign, *, store: Store, now: datetime) -> Phrase:
    if campaign.when == Campaign.When.NOW or campaign.wall_day is None or campaign.wall_time is None:
        return Phrase(_AT_ONCE.get(campaign.channel, gettext_noop("The first messages leave within a minute after you press the button.")))
    words = {"day": formats.date_format(campaign.wall_day, "DATE_FORMAT"), "time": f"{campaign.wall_time:%H:%M}", "zone": store.zone}
    if campaign.when == Campaign.When.AT:
        if campaign.channel == "onsite":
            told = gettext_noop(
                "It waits for its people from %(day)s at %(time)s on, by the shop's clock (%(zone)s), each on their next visit."
            )
            return Phrase(told, words)
        return Phrase(gettext_noop("It leaves on %(day)s at %(time)s for everybody at once, by the shop's clock (%(zone)s)."), words)
    first = first_moment("local", day=campaign.wall_day, wall=campaign.wall_time, zone=store.timezone, now=now)
    last = first_instant(campaign.wall_day, campaign.wall_time, _LATEST)
    words |= {name: formats.date_format(at.astimezone(store.timezone), "j M, H:i") for name, at in (("first", first), ("last", last))}
    told = gettext_noop(
        "Everybody gets it at %(time)s on %(day)s where they are: the first at %(first)s, the last at %(last)s by the shop's clock "
        "(%(zone)s). Who lives where that has passed gets it a day later; whose place is not known counts as being with the shop."
    )
    return Phrase(told, words)


def _winner(campaign: Campaign) -> list[Phrase]:
    metric = {
        Campaign.Metric.CLICKS: gettext_noop("After %(hours)s hours the mail with the most clicks goes to all the others."),
        Campaign.Metric.ORDERS: gettext_noop("After %(hours)s hours the mail with the most orders goes to all the others."),
    }[Campaign.Metric(campaign.decide_metric)]
    return [
        Phrase(gettext_noop("First %(share)s of them try the mails."), {"share": write_share(campaign.test_share or 0)}),
        Phrase(metric, {"hours": write_number(campaign.decide_hours or 0)}),
        *_early(campaign),
        Phrase(
            gettext_noop(
                "At that hour it must be better with %(sure)s certainty, each sent to at least %(fewest)s people. On a tie nobody wins: "
                "the others are split as the lots say."
            ),
            {"sure": write_share(SURE), "fewest": write_number(FEWEST_TRIED)},
        ),
    ]


def _early(campaign: Campaign) -> list[Phrase]:
    if campaign.decide_count is None:
        return []
    told = gettext_noop(
        "It may win earlier: as soon as each went to %(count)s people and one is ahead by a range that holds however often it is looked at."
    )
    return [Phrase(told, {"count": write_number(campaign.decide_count)})]

"""Mail to the team about a yes: who may give it is asked, who asked is told the outcome. Each is owed in its cause's transaction."""

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from retention.dashboard.access import CAPABILITIES
from retention.dashboard.addresses import page_address
from retention.notices.owing import owe_page
from retention.stores.models import Membership, Store
from retention.stores.telling import owe_team

MAY = "messages.send"


def tell_asked(campaign: Campaign, *, store: Store) -> None:
    """Ask everybody who may say yes to a draft."""
    words = _words(campaign, store) | {"who": str(campaign.asked_by) if campaign.asked_by else _("A program of yours")}
    subject = _("%(store)s: %(name)s waits for your yes") % {"store": store.name, "name": campaign.name}
    owe_team("campaign_asked", roles=sorted(CAPABILITIES[MAY]), subject=subject, words=words, key=f"campaign-asked:{_key(campaign)}")


def tell_changed(campaign: Campaign, *, store: Store, why: str, stamp: str) -> None:
    """Ask again everybody who may say yes to one that was stopped. why: one of `Campaign.ASKS`."""
    told = {
        Campaign.PauseReason.CHANGED: _("%(store)s: %(name)s changed and waits for your yes again"),
        Campaign.PauseReason.OUTSIDE: _("%(store)s: %(name)s would reach real people now and waits for your yes"),
        Campaign.PauseReason.INSIDE: _("%(store)s: %(name)s would go to the test inbox now and waits for your yes"),
    }[Campaign.PauseReason(why)]
    words = _words(campaign, store) | {"why": str(why)}
    subject = told % {"store": store.name, "name": campaign.name}
    key = f"campaign-changed:{campaign.public_id}:{stamp}"
    owe_team("campaign_asked", roles=sorted(CAPABILITIES[MAY]), subject=subject, words=words, key=key)


def tell_answered(campaign: Campaign, *, store: Store, yes: bool, why: str, user_id: int | None) -> None:
    """Owe the asker the outcome; nobody where a program asked, where they left the team, or where somebody says yes to their own."""
    asker = campaign.asked_by
    if campaign.asked_at is None or asker is None or asker.pk == user_id or not Membership.objects.filter(user=asker).exists():
        return
    told = _("%(store)s: %(name)s was approved") if yes else _("%(store)s: %(name)s was given back")
    words = _words(campaign, store) | {"yes": yes, "why": why}
    subject, kind = told % {"store": store.name, "name": campaign.name}, "campaign_answered"
    owe_page(kind, to=asker.email, subject=subject, template=kind, words=words, key=f"campaign-answered:{_key(campaign)}")


def _words(campaign: Campaign, store: Store) -> dict[str, object]:
    page = page_address("campaigns:campaign", store.slug, campaign.public_id)
    return {"store": store.name, "name": campaign.name, "page": page}


def _key(campaign: Campaign) -> str:
    """Return what tells one question about a campaign from the next."""
    return f"{campaign.public_id}:{campaign.asked_at:%Y%m%d%H%M%S%f}"

"""Steps of the set-up that no other room gives, and what the step "connect your shop" shows while it is the current one."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Journey
from campaigns.recovery.checking import brings_baskets_back
from retention.customers.models import Customer, CustomerEvent
from retention.dashboard.access import allows
from retention.dashboard.home_parts import Step
from retention.home.connecting import mail_of, public_key, tag_of


def first_customer_step(request: Any, now: datetime) -> Step:
    """Ask for the first person whose address is known."""
    return Step(
        title=_("Know your first customer"),
        text=_("Bring in a file of those you have. Your shop tells of new ones with “identify”, when somebody signs in or orders."),
        done=Customer.objects.known().exists(),
        button=_("Bring in a file"),
        url=_page(request, "customers:import_new") if allows(request.role, capability="customers.import") else "",
        done_text=_("You know who they are."),
        minutes=3,
    )


def footer_step(request: Any, now: datetime) -> Step:
    """Ask for the postal address that must stand under every mail."""
    return Step(
        title=_("Say who writes"),
        text=_("Your postal address stands under every e-mail; the law asks for it."),
        done=bool(request.store.postal_address.strip()),
        button=_("Add the address"),
        url=_page(request, "settings:store"),
        done_text=_("Your address stands under every e-mail."),
        minutes=1,
    )


def reminder_step(request: Any, now: datetime) -> Step:
    """Ask to switch the recovery plan on; a journey of the shop's own that begins with left baskets stands in its stead."""
    return Step(
        title=_("Bring left baskets back"),
        text=_("The ready-made recovery plan says who gets what and when. It writes only where people allow it, and stops when they buy."),
        done=brings_baskets_back(),
        button=_("See the plan"),
        url=_page(request, "campaigns:recovery"),
        done_text=_("It is on."),
        minutes=2,
    )


def campaign_step(request: Any, now: datetime) -> Step:
    """Ask for a first campaign; who has a journey on sends already."""
    sent = Campaign.objects.filter(opened_at__isnull=False).exists()
    return Step(
        title=_("Send a first campaign"),
        text=_("Choose who gets it and take a ready-made mail. Without a provider it goes to your test inbox and to nobody else."),
        done=sent or Journey.objects.live().no_shadows().exists(),
        button=_("Write one"),
        url=_page(request, "campaigns:new_campaign") if allows(request.role, capability="messages.write") else "",
        done_text=_("It was sent.") if sent else _("What you switched on writes by itself. Campaigns go out when you send one."),
        minutes=3,
    )


def connecting(request: Any) -> dict[str, Any]:
    """Return what the step "connect your shop" shows: the line to paste, a mail for the developer, whether we heard something."""
    key = public_key() if allows(request.role, capability="keys.view") else None
    line = tag_of(key) if key else ""
    mail = mail_of(line) if key else ""
    return {"line": line, "mail": mail, "may_make_key": allows(request.role, capability="keys.edit"), "heard": last_heard()}


def last_heard() -> CustomerEvent | None:
    """Return the newest event a storefront sent, or None."""
    newest: CustomerEvent | None = CustomerEvent.objects.exclude(kind="own").order_by("-received_at", "-id").first()
    return newest


def _page(request: Any, name: str) -> str:
    return reverse(name, kwargs={"store_slug": request.store.slug})

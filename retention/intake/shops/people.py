"""What shops say about people beyond events: two accounts became one, somebody is to be forgotten, somebody asks what is known."""

from datetime import datetime

from django.utils.translation import gettext as _

from retention.customers.erasing import erase
from retention.customers.events import record
from retention.customers.identifying import Claim, email_key, identify
from retention.customers.merging import merge
from retention.customers.models import Customer, CustomerMerge, Identity
from retention.customers.personal_data import Pair
from retention.dashboard.addresses import page_address
from retention.intake.models import ShopConnection
from retention.intake.shops.results import Asked, Forget, Joined, Person
from retention.kit.locks import transaction_lock
from retention.stores.models import Store
from retention.stores.models.membership import Role
from retention.stores.telling import owe_team
from retention.tenancy.context import require_store_id

ASKED = "Data Requested"
_ANSWERING = (Role.OWNER, Role.MANAGER)


def find(person: Person) -> list[int]:
    """Return the customers of the active store who have one of these names; makes none."""
    names = (("external", person.external), ("anonymous", person.anonymous), ("email", email_key(person.email)))
    found = set(Customer.objects.filter(email_key=email_key(person.email) or None).values_list("pk", flat=True))
    for kind, value in names:
        if value:
            found |= set(Identity.objects.filter(kind=kind, value=value).values_list("customer_id", flat=True))
    return sorted(found)


def forget(one: Forget, *, now: datetime) -> list[str]:
    """Erase everybody with these names; whoever is not known has nothing to erase.

    A phone alone names somebody only where one person has it: a household shares one.
    """
    known = Customer.objects.filter(pk__in=find(one.person) if one.person else _alone_with(one.phone)).order_by("pk")
    for customer in known:
        erase(customer, by=None, now=now)
    return ["erased"] if known else ["unknown_person"]


def _alone_with(phone: str) -> list[int]:
    found = list(Customer.objects.filter(phone=phone).exclude(phone="").values_list("pk", flat=True)[:2])
    return found if len(found) == 1 else []


def join(one: Joined, *, now: datetime) -> list[str]:
    """Make one customer of the shop's two accounts; what still comes under the old id goes to the one that stays."""
    transaction_lock("customers", store_id=require_store_id())
    (kept,) = identify([Claim(external=one.kept, trusted=True, at=now)], now=now)
    if not Identity.objects.filter(kind="external", value=one.gone).exists():
        Identity.objects.create(customer_id=kept, kind="external", value=one.gone, created_at=now)
        return ["joined"]
    (gone,) = identify([Claim(external=one.gone, trusted=True, at=now)], now=now)  # leaves alone whoever only a browser called so
    if gone != kept:
        merge([Pair(gone, kept)], now=now, rules={gone: CustomerMerge.Rule.SHOP})
    return ["joined"]


def pass_on(one: Asked, *, shop: ShopConnection, now: datetime) -> list[str]:
    """Tell those who must answer, and write it into the person's timeline where they are known here."""
    known = find(one.person)
    for customer_id in known:
        record(customer_id, name=ASKED, now=now, properties={"shop": shop.name, "request_id": one.request_id})
    store = Store.objects.get(pk=shop.store_id)
    person = Customer.objects.filter(pk__in=known).only("public_id").order_by("pk").first()
    words = {"store": store.name, "shop": shop.name, "number": one.person.external or "-", "known": bool(known)}
    if person is not None:
        words["url"] = page_address("customers:detail", store.slug, person.public_id)
    subject = _("Somebody asks what %(store)s knows about them") % words
    key = f"data-request:{shop.pk}:{one.request_id or one.person.external}"
    owe_team("data_request", roles=_ANSWERING, subject=subject, words=words, key=key)
    return ["asked"]

"""The ways out of the product that the gauntlet breaks: for each a connection to its referee, and messages that are due."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaigns.models import Connection, Message, Template, TemplateVersion
from campaigns.personalization import saving
from campaigns.personalization.push_texts import PushText, compile_push
from campaigns.personalization.wording import Content
from campaigns.sending.browsers import keep_subscription, keys_of_store
from retention.customers.models import Consent, Customer
from retention.stores.models import Store
from tests.campaigns.crowd import make_ready
from tests.campaigns.push_stage import Browser

_numbers = itertools.count(1)
_TEXT = "Hi {{ profile.first_name }}, new lamps: https://lumen.example.test/new"


@dataclass(frozen=True)
class Way:
    """One way. referee: the kind of web referee, `smtp`, or nothing where nothing leaves the house. keyed: a repeat is recognised there."""

    channel: str
    referee: str
    keyed: bool
    make: Callable[[int, int, datetime], object]


def connect(way: Way, port: int, *, now: datetime) -> None:
    """Save the store's connection to a web referee."""
    url = f"http://127.0.0.1:{port}"
    settings, credentials = {
        "resend": ({"api_url": f"{url}/"}, {"api_key": "s3cret"}),
        "postmark": ({"api_url": f"{url}/"}, {"server_token": "s3cret"}),
        "twilio": ({"account_sid": "AC1", "from": "+15005550006", "api_url": url}, {"auth_token": "s3cret"}),
        "push": ({"contact": "push@lumen.example.test"}, {"private_key": keys_of_store(now=now).private()}),
    }[way.referee]
    provider = "webpush" if way.referee == "push" else way.referee
    made = Connection(channel=way.channel, provider=provider, name=provider, settings=settings, from_address="hello@lumen.example.test")
    made.save()
    made.keep_credentials(credentials)
    made.save()


def noon(now: datetime) -> str:
    """Return a zone where it is about noon, so that nothing is held back for quiet hours."""
    ahead = (12 - now.hour) % 24
    return f"Etc/GMT{-ahead:+d}" if ahead <= 14 else f"Etc/GMT+{24 - ahead}"


def _mails(count: int, _port: int, now: datetime) -> object:
    return make_ready(count, now=now)


def _texts(count: int, _port: int, now: datetime) -> object:
    people = Customer.objects.bulk_create(
        [Customer(first_name="Kim", phone=f"+1201{next(_numbers):07d}", created_at=now - timedelta(days=9)) for _ in range(count)]
    )
    consents = [Consent(customer=one, channel="sms", status="granted", changed_at=now) for one in people]
    Consent.objects.bulk_create(consents)
    return _due(people, _version("sms", source=_TEXT, text=_TEXT), "sms", now)


def _pushes(count: int, port: int, now: datetime) -> object:
    browser = Browser(f"http://127.0.0.1:{port}/send/one")
    people = []
    for _ in range(count):
        number = next(_numbers)
        told = Browser(f"http://127.0.0.1:{port}/send/{number}", private=browser.private).subscription
        pk = keep_subscription(told, anonymous_id=f"visitor-{number}", agent="Firefox", ip="192.0.2.1", now=now - timedelta(days=1))
        people.append(Customer(pk=pk))
    source = str(PushText("New lamps", "https://lumen.example.test/new", ""))
    text = compile_push(subject="Hello", source=source).text
    return _due(people, _version("push", subject="Hello", kind="push", source=source, text=text), "push", now)


def _visits(count: int, _port: int, now: datetime) -> object:
    people = Customer.objects.bulk_create([Customer(first_name="Kim", created_at=now - timedelta(days=9)) for _ in range(count)])
    template = saving.create("Hello", content=Content("push"), user_id=None, now=now, channel="onsite")
    said = PushText("For {{ profile.first_name }}", "{{ shop.web_address }}/new", "", "bar", "")
    version = saving.save_version(template, subject="Welcome back", source=str(said), kind="push", now=now)
    return _due(people, version, "onsite", now)


def _version(channel: str, **words: Any) -> TemplateVersion:
    template = Template(key=f"faults-{next(_numbers)}", name="Test", channel=channel, live_number=1)
    template.save()
    version = TemplateVersion(template=template, number=1, **({"subject": "", "html": ""} | words))
    version.save()
    return version


def _due(people: Sequence[Customer], version: TemplateVersion, channel: str, now: datetime) -> object:
    usual: dict[str, Any] = {"source_kind": "campaign", "source_id": 1, "step": f"body{version.pk}", "occurrence": "once"}
    usual |= {"channel": channel, "template_version": version, "planned_at": now, "due_at": now, "expires_at": now + timedelta(days=3)}
    return Message.objects.bulk_create([Message(**usual, customer=person) for person in people])


def settle_store(store: Store, *, now: datetime) -> None:
    """Move the store to where it is noon."""
    Store.objects.filter(pk=store.pk).update(zone=noon(now))
    store.refresh_from_db()


WAYS: dict[str, Way] = {
    "smtp": Way("email", "smtp", keyed=False, make=_mails),
    "resend": Way("email", "resend", keyed=True, make=_mails),
    "postmark": Way("email", "postmark", keyed=False, make=_mails),
    "sms": Way("sms", "twilio", keyed=False, make=_texts),
    "push": Way("push", "push", keyed=True, make=_pushes),
    "onsite": Way("onsite", "", keyed=True, make=_visits),
}

"""Many ready messages at once, for tests of claiming: written in bulk, all of people who allowed e-mail."""

import itertools
from datetime import datetime, timedelta

from campaigns.models import Connection, Message, Template, TemplateVersion
from retention.customers.models import Consent, Customer

_numbers = itertools.count(1)


def make_version(*, subject: str = "Hello {{ profile.first_name }}", html: str = "", text: str = "Hello") -> TemplateVersion:
    """Save a template version as it is, without compiling it."""
    template = Template(key=f"template-{next(_numbers)}", name="Test", live_number=1)
    template.save()
    body = html or '<p>Hello</p><a href="https://lumen.example.test/">Shop</a> <a href="{{ unsubscribe_url }}">Unsubscribe</a>'
    version = TemplateVersion(template=template, number=1, subject=subject, source="", html=body, text=text)
    version.save()
    return version


def make_ready(count: int, *, now: datetime, version: TemplateVersion | None = None, consent: bool = True) -> list[Message]:
    """Save messages that are due, one for each of `count` new customers."""
    chosen = version or make_version()
    people = Customer.objects.bulk_create([_person(next(_numbers), now) for _ in range(count)])
    if consent:
        Consent.objects.bulk_create([Consent(customer=person, channel="email", status="granted", changed_at=now) for person in people])
    rows = [
        Message(
            source_kind="campaign",
            source_id=1,
            step="body",
            occurrence="once",
            customer=person,
            channel="email",
            template_version=chosen,
            planned_at=now,
            due_at=now,
            expires_at=now + timedelta(days=3),
        )
        for person in people
    ]
    return list(Message.objects.bulk_create(rows))


def connect_smtp(port: int, **settings: object) -> Connection:
    """Save an account at a relay on this machine. settings: what else its form would keep, such as its pace."""
    made = Connection(channel="email", provider="smtp", name="SMTP", from_address="shop@lumen.example.test")
    made.settings = {"host": "127.0.0.1", "port": port, "security": "none"} | settings
    made.save()
    return made


def _person(number: int, now: datetime) -> Customer:
    address = f"person{number}@crowd.example.test"
    return Customer(email=address, email_key=address, first_name=f"P{number}", created_at=now - timedelta(days=9))

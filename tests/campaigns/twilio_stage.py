"""A store that sends by Twilio, with a real HTTP server in Twilio's place, and calls signed as Twilio signs them."""

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.test import Client
from twilio.request_validator import RequestValidator

from campaigns.models import Connection, Message, Template, TemplateVersion
from campaigns.sending.dispatch import Slice, dispatch_slice
from retention.customers.consent import Said, record_consents
from retention.customers.models import Customer
from tests.kit.stage import Stage, answer

TOKEN, PATH, PHONE = "auth-token-of-the-test", "/2010-04-01/Accounts/AC1/Messages.json", "+4915112345678"


def accepts(stage: Stage, *, sid: str = "SM1") -> None:
    """Let the stage take every message."""
    stage.play(PATH, answer(201, json.dumps({"sid": sid}).encode()))


def refuses(stage: Stage, status: int, code: int) -> None:
    """Let the stage refuse with one of Twilio's codes."""
    stage.play(PATH, answer(status, json.dumps({"code": code, "message": f"about {PHONE}"}).encode()))


def connect(stage: Stage, *, sender: str = "+15005550006", **settings: Any) -> Connection:
    """Save a Twilio connection that calls the stage."""
    made = Connection(channel="sms", provider="twilio", name="Twilio")
    made.settings = {"account_sid": "AC1", "from": sender, "api_url": f"http://127.0.0.1:{stage.port}", **settings}
    made.save()
    made.keep_credentials({"auth_token": TOKEN})
    made.save()
    return made


def make_reader(name: str = "Ana", *, phone: str = PHONE, consent: bool = True, now: datetime) -> Customer:
    """Save a customer with a phone number, by default one who allowed SMS."""
    made = Customer(first_name=name, phone=phone, created_at=now - timedelta(days=30))
    made.save()
    if consent:
        record_consents([Said(made.pk, "sms", "granted", now - timedelta(days=30), method="checkout")], now=now)
    return made


def text_ready(customer: Customer, text: str = "Hi {{ profile.first_name }}", *, now: datetime, **values: Any) -> Message:
    """Save a message that is due."""
    template = Template(key=f"sms-{Template.objects.count()}", name="SMS", channel="sms", live_number=1)
    template.save()
    version = TemplateVersion(template=template, number=1, subject="", source=text, html="", text=text)
    version.save()
    usual = {"source_kind": "campaign", "source_id": 1, "step": f"body{version.pk}", "occurrence": "once", "channel": "sms"}
    made = Message(**usual | values, customer=customer, template_version=version, planned_at=now, due_at=now)
    made.save()
    return made


def send_texts(store: Any, *, now: datetime) -> Slice:
    """Send one slice of SMS."""
    return dispatch_slice(store, channel="sms", clock=lambda: now)


def posted(stage: Stage) -> list[dict[str, str]]:
    """Return the fields of every call the stage got."""
    bodies = (request.partition("\r\n\r\n")[2] for request in stage.requests)
    return [{name: values[0] for name, values in parse_qs(body).items()} for body in bodies]


def call(connection: Connection, what: str, form: dict[str, str], *, token: str = TOKEN) -> Any:
    """Call us as Twilio does, signed for our public address. what: the end of the address, with its query."""
    path = f"/hooks/twilio/{connection.public_id}/{what}"
    signature = RequestValidator(token).compute_signature(f"http://localhost:8000{path}", form)
    return Client().post(path, urlencode(form), content_type="application/x-www-form-urlencoded", headers={"x-twilio-signature": signature})

"""What the mails of one batch have in common is looked up once, and what differs between them stays apart."""

from typing import Any

import msgspec
import pytest

from campaigns.channels import Account
from campaigns.models import LinkSet, Message, SendRule
from campaigns.personalization.context import contexts
from campaigns.sending.building import Making, _jobs
from campaigns.sending.reading import read_messages
from campaigns.sending.told import Told, read_answer
from campaigns.sending.truths import look
from campaigns.truth.rules import rules_of
from retention.customers.models import Customer
from retention.orders.models import Cart, CartLine
from tests.campaigns.crowd import make_ready, make_version

EVIL = "evil.example"
ACCOUNT = Account(provider="smtp", settings={}, from_name="Lumen", from_address="hello@lumen.example.test")


def with_baskets(messages: list[Message], *, now: Any, restore_url: str = "") -> None:
    """Give each of these people a basket with one line, and let the message be about it."""
    for message in messages:
        cart = Cart(customer=message.customer, currency="EUR", started_at=now, last_activity_at=now, restore_url=restore_url)
        cart.save()
        CartLine.objects.create(cart=cart, product_id="mill", name="Mill", quantity=1, price_minor=4900)
        Message.objects.filter(pk=message.pk).update(cart=cart)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "told",
    [{"city": "evil.example"}, {"interests": ["evil.example"]}, {"last_name": "evil.example"}, {"attributes": {"a": "evil.example"}}],
)
def test_no_word_of_a_profile_stays_a_link(store: Any, now: Any, told: dict[str, Any]) -> None:
    (message,) = make_ready(1, now=now)
    Customer.objects.filter(pk=message.customer_id).update(**told)
    profile = contexts(read_messages([message.pk]), store=store)[message.pk]["profile"]
    assert "evil" in str(profile)
    assert EVIL not in str(profile)
    assert profile["email"] == message.customer.email


@pytest.mark.django_db
def test_language_campaign_and_basket_make_jobs_differ(store: Any, now: Any) -> None:
    plain, german, other, basket = messages = make_ready(4, now=now)
    version = plain.template_version
    Customer.objects.filter(pk=german.customer_id).update(language="de")
    Message.objects.filter(pk=other.pk).update(source_id=2)
    with_baskets([basket], now=now, restore_url=f"{store.web_address}/back")
    rows = read_messages([message.pk for message in messages])
    for row in rows:
        row.template_version.languages = {"de": {"subject": "Hallo", "html": version.html, "text": version.text}}
    jobs = {row.pk: job for row, job in zip(rows, _jobs(rows, contexts(rows, store=store)), strict=True)}
    links = {pk: job.links for pk, job in jobs.items()}
    assert [jobs[one.pk].parts["subject"] for one in (plain, german)] == [version.subject, "Hallo"]
    assert len({job.template for job in jobs.values()}) == 2
    assert all(link is not None for link in links.values())
    assert len({link.base for link in links.values() if link}) == 4
    assert links[plain.pk].utm != links[other.pk].utm  # type: ignore[union-attr]
    assert links[plain.pk].hosts != links[basket.pk].hosts  # type: ignore[union-attr]


@pytest.mark.django_db
def test_two_templates_of_a_batch_keep_their_links_truths_and_rules(store: Any, now: Any) -> None:
    page = '<a href="https://lumen.example.test/{}">Shop</a> <a href="{{{{ unsubscribe_url }}}}">Unsubscribe</a>'
    silent = make_version(html=page.format("a"))
    speaking = make_version(html="{% for line in cart.lines %}{{ line.name }}{% endfor %}" + page.format("b"))
    SendRule(template=silent.template, sold_out="block").save()
    SendRule(template=speaking.template, sold_out="swap").save()
    ids: dict[int, list[int]] = {silent.pk: [], speaking.pk: []}
    for version in (silent, speaking, silent, speaking):
        ids[version.pk] += [one.pk for one in make_ready(1, now=now, version=version)]
    with_baskets(list(Message.objects.all()), now=now)
    rows = read_messages([*ids[silent.pk], *ids[speaking.pk]])
    seen = look(rows, contexts(rows, store=store), store=store, now=now)
    assert {pk: bool(one.seen.offers) for pk, one in seen.items()} == {
        **dict.fromkeys(ids[silent.pk], False),
        **dict.fromkeys(ids[speaking.pk], True),
    }
    rules = {pk: found.rule.sold_out.value for pk, found in rules_of(rows).items()}
    assert rules == {**dict.fromkeys(ids[silent.pk], "block"), **dict.fromkeys(ids[speaking.pk], "swap")}
    built, failed = Making(rows, contexts(rows, store=store), store=store, now=now).built(account=ACCOUNT, now=now)
    assert failed == {}
    targets = dict(LinkSet.objects.values_list("pk", "targets"))
    for version, where in ((silent, "/a"), (speaking, "/b")):
        for pk in ids[version.pk]:
            assert built[pk].wanted.link_set is not None
            assert [where in one for one in targets[built[pk].wanted.link_set]] == [True], targets


@pytest.mark.parametrize("second", [".b", "a\n.b", "a\rb"])
def test_each_value_of_a_mail_is_looked_at_for_dots_and_lone_line_ends(second: str) -> None:
    assert not read_answer(msgspec.msgpack.encode(("s", ["a", second], "t", [], None)), Told()).dotless
    assert read_answer(msgspec.msgpack.encode(("s", ["a", "b"], "t", [], None)), Told()).dotless

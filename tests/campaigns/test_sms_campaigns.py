"""An SMS as a one-off campaign: written, counted and priced before it leaves, one a number, stopped by STOP, and reported."""

import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from campaigns.broadcasts import costing, reading
from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.content import Words
from campaigns.broadcasts.drafting import Way
from campaigns.broadcasts.running import CannotStart, cancel
from campaigns.models import Campaign, Decision, Message, SourceRank
from campaigns.models.campaign import PATIENCE
from campaigns.sending.answers import QUESTIONS
from campaigns.sending.eligibility import NUMBER_WAIT
from campaigns.sending.sharing import _TAKEN
from campaigns.views.broadcasts.showing import reach_of
from campaigns.views.looking import OF_PERSON, TIMES_OF_A_HEAVY_ONE
from retention.customers.consent import Said, address_digest, record_consents
from retention.kit import clock
from retention.kit.money import format_price
from retention.stores.limits import spend
from tests.campaigns.campaigning import make_campaign, make_list, rows, start
from tests.campaigns.test_claiming import together
from tests.campaigns.twilio_stage import PHONE, accepts, call, connect, make_reader, posted, refuses, send_texts
from tests.factories import member_of, signed_in
from tests.kit.stage import Stage

pytestmark = pytest.mark.django_db
OTHER = "+4915187654321"
TEXT = Way(words=Words(text="Hi {{ profile.first_name }}: https://lumen.example.test/sale"))


@pytest.fixture
def stage(settings: Any) -> Iterator[Stage]:
    """Run an HTTP server where Twilio would be."""
    with Stage(address="127.0.0.1") as running:
        settings.FETCH_ALLOWED_PORTS = [running.port]
        accepts(running)
        yield running


@pytest.fixture
def client(store: Any) -> Client:
    return signed_in(member_of(store, "marketer"))


def make_text(people: list[Any], *, now: Any, ways: tuple[Way, ...] = (TEXT,), **more: Any) -> Campaign:
    return make_campaign(make_list(people, now=now), now=now, ways=ways, channel="sms", **more)


def test_it_is_made_written_and_looked_over_on_pages_that_say_what_it_costs(client: Client, store: Any, stage: Stage) -> None:
    now = clock.now()
    connect(stage, part_price="0.045")
    segment = make_list([make_reader(now=now), make_reader("Bo", phone=OTHER, consent=False, now=now)], now=now)
    where = client.post(f"/s/{store.slug}/campaigns/new/", {"ready_made": "newsletter", "channel": "sms"})["Location"]
    campaign = Campaign.objects.get()
    assert (campaign.channel, campaign.variants.get().words["text"]) == (
        "sms", "{{ shop.name }}: what is new this month. https://lumen.example.test",
    )  # fmt: skip
    page = client.get(where).content.decode()
    assert "Everybody with a phone number" in page
    assert "heading_a" not in page
    form = {"name": "Sale", "include": segment.public_id, "subject_a": "", "text_a": "Sale, {{ profile.first_name }}", "holdout": "0"}
    panel = client.post(where.replace("edit/", "reach/"), form).content.decode()
    assert "Every message fits one SMS: 1 SMS for 1 people." in panel
    assert "No SMS consent" in panel
    review = client.get(client.post(where, form)["Location"]).content.decode()
    assert "At 0.045 EUR for one SMS that is about 0.045 EUR altogether." in review
    assert "The SMS, as the example person sees it" in review
    assert "Send a test" in review
    assert "From 20:00 to 09:00 where a person is nothing leaves" in review
    assert "Sale, Luca" in client.get(where.replace("edit/", "preview/")).content.decode()
    assert client.post(f"/s/{store.slug}/campaigns/new/", {"channel": "fax"}).status_code == 404


def test_it_leaves_stops_and_is_reported_by_parts_replies_and_money(client: Client, store: Any, stage: Stage, now: Any) -> None:
    wire = connect(stage, part_price="0.05")
    ana = make_reader(now=now)
    campaign = make_text([ana, make_reader("Bo", phone=OTHER, consent=False, now=now)], now=now)
    start(campaign, store, now=now)
    assert send_texts(store, now=now).states == {"sent": 1}
    assert sorted(rows(campaign).values_list("state", "reason", "parts")) == [("sent", "", 1), ("suppressed", "no_consent", 0)]
    (form,) = posted(stage)
    assert form["Body"].startswith("Hi Ana: http://localhost:8000/l/")
    assert form["Body"].endswith("Reply STOP to opt out")
    Message.objects.filter(state="sent").update(sent_at=clock.now())
    assert call(wire, "reply", {"MessageSid": "SMr1", "From": PHONE, "Body": "Stop"}).status_code == 200
    after = reading.after_of(campaign)
    assert (after.unsubscribed, after.replied) == (1, 1)
    page = client.get(f"/s/{store.slug}/campaigns/{campaign.public_id}/").content.decode()
    assert "1, about €0.05" in page
    assert "Wrote back" in page
    assert "Opened" not in page
    assert "Complained" not in page
    assert (reach_of(campaign).reached, reach_of(campaign).dropped) == (0, (("no_consent", 1), ("suppressed", 1)))


def test_two_customers_behind_one_number_get_one_sms_and_the_trace_says_why(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    silent = make_reader("No", consent=False, now=now)
    first, second, third = (make_reader(name, now=now) for name in ("Ana", "Bo", "Cy"))
    campaign = make_text([silent, first, second, third, make_reader("Di", phone=OTHER, now=now)], now=now)
    found = reach_of(campaign)
    assert (found.chosen, found.reached, found.dropped) == (5, 2, (("same_number", 2), ("no_consent", 1)))
    start(campaign, store, now=now)
    assert send_texts(store, now=now).states == {"sent": 2}
    waiting = rows(campaign).filter(state="ready").values_list("customer_id", "reason", "due_at")
    assert sorted(waiting) == [(one.pk, "number_on_its_way", now + NUMBER_WAIT) for one in (second, third)]
    send_texts(store, now=now + NUMBER_WAIT)
    assert sorted(form["To"] for form in posted(stage)) == sorted([PHONE, OTHER])
    endings = dict(rows(campaign).values_list("customer_id", "reason"))
    assert [endings[one.pk] for one in (silent, first, second, third)] == ["no_consent", "", "same_number", "same_number"]
    decided = Decision.objects.filter(customer=second).order_by("pk")
    assert [(one.verdict, one.reason, one.answers[list(QUESTIONS).index("number")]) for one in decided] == [
        ("hold", "number_on_its_way", "n"),
        ("suppress", "same_number", "n"),
    ]


def test_who_waits_for_a_number_keeps_no_other_message_to_the_person_waiting(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    first, second = make_reader(now=now), make_reader("Bo", now=now)
    news, other = make_text([first, second], now=now), make_text([second], now=now)
    start(news, store, now=now)
    start(other, store, now=now)
    SourceRank.objects.create(source_kind="campaign", source_id=news.pk, priority=1)
    send_texts(store, now=now)
    found = {(one.source_id, one.customer_id): (one.state, one.reason) for one in Message.objects.all()}
    assert found == {
        (news.pk, first.pk): ("sent", ""), (news.pk, second.pk): ("ready", "number_on_its_way"), (other.pk, second.pk): ("sent", ""),
    }  # fmt: skip


def test_one_who_waits_for_another_try_holds_the_number(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    first, second = make_reader(now=now), make_reader("Bo", now=now)
    campaign = make_text([first, second], now=now)
    start(campaign, store, now=now)
    later = now + timedelta(hours=1)
    rows(campaign).filter(customer=first).update(token=1, attempts=1, due_at=later, address_digest="", reason="not_sent")
    mine = rows(campaign).get(customer=first)
    send_texts(store, now=now)
    assert rows(campaign).get(customer=second).state == "sent", "a try without a number holds none"
    send_texts(store, now=later)
    mine.refresh_from_db()
    assert (mine.state, mine.reason) == ("suppressed", "same_number")


def test_the_next_at_a_number_gets_it_when_the_first_ones_was_refused(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    first, second = make_reader(now=now), make_reader("Bo", now=now)
    campaign = make_text([first, second], now=now)
    start(campaign, store, now=now)
    refuses(stage, 400, 21617)
    send_texts(store, now=now)
    found = dict(rows(campaign).values_list("customer_id", "reason"))
    assert (found[second.pk], Message.objects.get(customer=first).state) == ("number_on_its_way", "failed")
    accepts(stage)
    assert send_texts(store, now=now + NUMBER_WAIT).states == {"sent": 1}
    assert (rows(campaign).get(customer=second).state, len(posted(stage))) == ("sent", 2)


def test_of_two_that_wait_for_another_try_the_older_goes_and_waiting_ends_with_the_campaign(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    people = [make_reader(name, now=now) for name in ("Ana", "Bo", "Cy")]
    campaign = make_text(people, now=now)
    start(campaign, store, now=now)
    tried = rows(campaign).filter(customer__in=people[:2])
    tried.update(token=1, attempts=1, address_digest=address_digest(PHONE), reason="not_sent")
    rows(campaign).filter(customer=people[2]).update(expires_at=now + NUMBER_WAIT)
    Campaign.objects.update(confirmed_at=now - PATIENCE)
    assert send_texts(store, now=now).states == {"sent": 1}
    assert list(rows(campaign).order_by("customer_id").values_list("state", "reason")) == [
        ("sent", ""), ("ready", "number_on_its_way"), ("suppressed", "number_on_its_way"),
    ]  # fmt: skip
    send_texts(store, now=now + NUMBER_WAIT)
    assert rows(campaign).get(customer=people[1]).reason == "same_number"
    assert len(posted(stage)) == 1


def test_a_number_is_found_without_reading_the_other_messages_of_the_shop(store: Any, now: Any) -> None:
    start(make_text([make_reader(now=now)], now=now), store, now=now)
    one = Message.objects.get()
    values = {field.attname: getattr(one, field.attname) for field in Message._meta.concrete_fields}
    values |= {"id": None, "state": "suppressed", "reason": "same_number", "finished_at": now, "address_digest": address_digest(PHONE)}
    Message.objects.bulk_create([Message(**values | {"public_id": uuid4(), "step": f"s{number}"}) for number in range(300)])
    with connection.cursor() as cursor:
        cursor.execute(f"PREPARE told ({_TAKEN.types}) AS {_TAKEN.statement}")
        cursor.execute("EXPLAIN (ANALYZE) EXECUTE told (%s, %s, %s)", [store.pk, [one.pk], [address_digest(PHONE)]])
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE told")
    assert "Index Scan using message_of_tried_number" in plan
    assert "rows=30" not in plan
    assert "Removed by Filter: 30" not in plan


@pytest.mark.django_db(transaction=True)
def test_six_workers_at_once_send_one_message_to_their_one_number(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    people = [make_reader(f"P{index}", now=now) for index in range(6)]
    start(make_text(people, now=now), store, now=now)

    def work() -> None:
        Message.objects.exclude(customer__in=people).count()
        send_texts(store, now=now)

    together(store, *[work] * len(people))
    assert len(posted(stage)) == 1


def test_the_estimate_counts_the_very_texts_and_says_when_some_take_two(store: Any, stage: Stage, now: Any) -> None:
    connect(stage, part_price="0.01")
    short, long = make_reader("Al", now=now), make_reader("A" * 80, phone=OTHER, now=now)
    text = "x" * 100 + " {{ profile.first_name }}"
    campaign = make_text([short, long], now=now, ways=(Way(words=Words(text=text)),))
    found = costing.estimate(list(campaign.variants.all()), Audience.of(campaign), people=2, store=store, now=now)
    assert found is not None
    assert (found.parts, found.longest, found.asked, found.cost) == (3, 2, 2, Decimal("0.03"))
    assert [phrase.render(str) for phrase in costing.words_of_estimate(found, store=store)] == [
        "About 3 SMS for 2 people; the longest message takes 2.",
        "At €0.01 for one SMS that is about €0.03 altogether.",
    ]
    start(campaign, store, now=now)
    send_texts(store, now=now)
    assert sum(rows(campaign).values_list("parts", flat=True)) == found.parts
    assert format_price(Decimal("58.5"), currency="EUR", locale="en") == "€58.50"


def test_texts_that_take_long_cost_an_estimate_two_seconds_and_many_previews(
    client: Client, store: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, slow = (
        clock.now(),
        "{% for a in (1..9990) %}{% for b in (1..1) %}{{ shop.name | split: '' | join: 'x' | size }}{% endfor %}{% endfor %}",
    )
    connect(stage)
    people = [make_reader(f"P{index}", phone=f"+49151000000{index:02}", now=now) for index in range(14)]
    campaign = make_text(people, now=now, ways=tuple(Way(words=Words(text=f"{slow} {letter}")) for letter in "abcdef"))
    variants, audience = list(campaign.variants.all()), Audience.of(campaign)
    began = time.monotonic()
    with pytest.raises(costing.TakesTooLong):
        costing.estimate(variants, audience, people=14, store=store, now=now)
    assert time.monotonic() - began < costing.DEADLINE_SECONDS + 3, "and a process was started"
    where, segment = f"/s/{store.slug}/campaigns/{campaign.public_id}/reach/", campaign.segments.get().segment
    form = {"name": "Sale", "include": segment.public_id, "subject_a": "", "text_a": slow, "holdout": "0"}
    assert "The cost is not known yet: the texts take too long to make." in client.post(where, form).content.decode()
    with monkeypatch.context() as patched:
        patched.setattr(costing, "estimate", None)
        person = f"{store.pk}:{client.session['_auth_user_id']}"
        assert spend(OF_PERSON, who=person).left == OF_PERSON.amount - 1 - TIMES_OF_A_HEAVY_ONE - 1
        while spend(OF_PERSON, who=person).allowed:
            pass
        assert "The cost is not known yet: that were many previews." in client.post(where, form).content.decode()


def test_an_estimate_asks_twelve_at_most_and_says_so(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    people = [make_reader(f"P{index}", phone=f"+49151000000{index:02}", now=now) for index in range(14)]
    for chosen in (people, people[-3:]):
        campaign = make_text(chosen, now=now)
        found = costing.estimate(list(campaign.variants.all()), Audience.of(campaign), people=len(chosen), store=store, now=now)
        assert found is not None
        assert found.asked == min(len(chosen), 12)
        words = [phrase.render(str) for phrase in costing.words_of_estimate(found, store=store)]
        assert ("Worked out on 12 of them." in words) is (len(chosen) == 14)


def test_it_waits_at_night_tries_two_ways_holds_some_back_and_is_called_off(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    people = [make_reader(f"P{index}", phone=f"+49151000000{index:02}", now=now) for index in range(40)]
    campaign = make_text(people, now=now, ways=(TEXT, Way(words=Words(text="Sale today"))), holdout_share=0.3)
    night = now.replace(hour=21)
    start(campaign, store, now=night)
    held = rows(campaign).filter(state="held_out").count()
    assert held == reach_of(campaign).chosen - reach_of(campaign).reached > 0
    send_texts(store, now=night)
    waiting = rows(campaign).filter(state="ready", reason="quiet_hours")
    assert waiting.count() == 40 - held
    assert {one.due_at.hour for one in waiting} == {8}, "nine o'clock in the shop's zone"
    assert set(waiting.values_list("variant", flat=True)) == {"a", "b"}
    cancel(campaign, now=night)
    assert set(rows(campaign).exclude(state="held_out").values_list("reason", flat=True)) == {"called_off"}
    assert posted(stage) == []


def test_an_empty_text_and_a_wrong_channel_are_refused_by_name(store: Any, now: Any) -> None:
    campaign = make_text([make_reader(now=now)], now=now, ways=(Way(words=Words(button="x")),))
    with pytest.raises(CannotStart) as refusal:
        start(campaign, store, now=now)
    assert "needs a text" in str(refusal.value.faults["variants"].render(str))
    record_consents([Said(make_reader("Z", phone=OTHER, now=now).pk, "sms", "refused", now)], now=now)


def test_push_and_on_site_messages_are_written_without_a_template(client: Client, store: Any) -> None:
    now = clock.now()
    for channel in ("push", "onsite"):
        campaign = make_campaign(
            now=now,
            everybody=True,
            channel=channel,
            ways=(Way("New lamps", Words(text="Have a look", url="https://lumen.example.test/new")),),
        )
        page = client.get(f"/s/{store.slug}/campaigns/{campaign.public_id}/")
        assert page.context["faults"] == []
        assert "New lamps" in client.get(f"/s/{store.slug}/campaigns/{campaign.public_id}/preview/").content.decode()
        assert 'name="url_a"' in client.get(f"/s/{store.slug}/campaigns/{campaign.public_id}/edit/").content.decode()
        start(campaign, store, now=now)
        assert (campaign.variants.get().version.kind, campaign.variants.get().version.subject) == ("push", "New lamps")

"""Several mails side by side: written on the page, told apart by any part, sent as a test, and said what will happen."""

from datetime import date, time, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from campaigns.broadcasts import drafting, running
from campaigns.broadcasts.drafting import Told, Way
from campaigns.broadcasts.explaining import next_steps
from campaigns.models import Campaign, Message, Sender
from campaigns.personalization import saving
from campaigns.personalization.ready.shell import mail, part
from campaigns.personalization.wording import Content, Wording
from campaigns.views.broadcasts.trying import OF_PERSON
from retention.kit import clock
from retention.stores.limits import spend
from retention.stores.models import AuditEntry
from tests.campaigns.campaigning import MAIL, WORDS, make_campaign, make_crowd, make_list, rows, send_all, start
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db


def test_a_mail_more_begins_like_the_first_and_goes_again(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now)
    client, here = signed_in(member_of(store, "marketer")), f"/s/{store.slug}/campaigns/{campaign.public_id}/edit/"
    form = {"name": "Three", "everybody": "1", "subject_a": "One", "heading_a": "H", "text_a": "T", "when": "now"}
    page = client.post(here, form | {"do": "add"})
    assert [way["subject"] for way in page.context["ways"]] == ["One", "One"]
    three = form | {"subject_b": "Two", "heading_b": "H", "text_b": "T", "subject_c": "Three", "heading_c": "H", "text_c": "T"}
    assert [way["subject"] for way in client.post(here, three | {"do": "drop_b"}).context["ways"]] == ["One", "Three"]
    assert campaign.variants.count() == 1, "nothing is saved before the last button"
    settings = {"winner": "orders", "test_share": "30", "decide_hours": "6", "weight_c": "3"}
    assert client.post(here, three | settings).status_code == 302
    campaign.refresh_from_db()
    assert (campaign.test_share, campaign.decide_metric, campaign.decide_hours) == (0.3, "orders", 6)
    assert list(campaign.variants.order_by("letter").values_list("letter", "subject", "weight")) == [
        ("a", "One", 1), ("b", "Two", 1), ("c", "Three", 3),
    ]  # fmt: skip
    shown = client.get(here).context["told"]
    assert (shown["winner"], shown["test_share"], shown["decide_hours"]) == ("orders", 30, 6)
    wrong = client.post(here, three | settings | {"test_share": "99"})
    assert wrong.status_code == 422
    assert "A share from 5 to 90%" in wrong.content.decode()


def test_mails_differ_in_sender_and_hour(store: Any, sink: Any, now: Any) -> None:
    sender = Sender.objects.create(name="Ana of Lumen", address="ana@lumen.example.test")
    ways = (MAIL, Way("Just in", WORDS, sender=str(sender.public_id), delay_hours=6))
    campaign = make_campaign(make_list(make_crowd(40, now=now), now=now), ways=ways, now=now)
    start(campaign, store, now=now)
    early, late = rows(campaign).filter(variant="a"), rows(campaign).filter(variant="b")
    assert early.count() + late.count() == 40
    assert min(early.count(), late.count()) > 5
    assert set(late.values_list("due_at", flat=True)) == {now + timedelta(hours=6)}
    assert send_all(store, now=now) == early.count()
    assert "ana@lumen.example.test" not in {mail["From"].addresses[0].addr_spec for mail in sink.accepted}
    sender.delete()
    sink.accepted.clear()
    running.tick(store, now=now + timedelta(hours=6))
    assert send_all(store, now=now + timedelta(hours=6)) == late.count()
    assert {str(mail["From"]) for mail in sink.accepted} == {"Ana of Lumen <ana@lumen.example.test>"}, "what was started stays as it was"


def test_what_cannot_be_is_said_by_name(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list([], now=now), now=now)
    told = Told(name="X", everybody=True, test_share=0.2, decide_metric="clicks", decide_hours=2)
    for ways, field in (
        ((MAIL, Way("B", WORDS, delay_hours=73)), "variants"),
        ((MAIL, Way("B", WORDS, delay_hours=5)), "test_share"),
        ((MAIL, Way("B", WORDS, sender="7f7e4f3e-94a5-4cf8-b10f-6c33de8a4b0f")), "variants"),
    ):
        with pytest.raises(drafting.Faulty) as refusal:
            drafting.change(campaign, Told(**vars(told) | {"ways": ways}))
        assert field in refusal.value.faults
    assert campaign.variants.count() == 1


def test_a_copy_has_the_winner_s_rule_the_sender_and_the_hour(store: Any, now: Any) -> None:
    sender = Sender.objects.create(name="Ana", address="ana@lumen.example.test")
    ways = (MAIL, Way("B", WORDS, sender=str(sender.public_id)))
    campaign = make_campaign(make_list([], now=now), ways=ways, test_share=0.2, decide_metric="clicks", decide_hours=2, now=now)
    copy = drafting.duplicate(campaign, user_id=None, now=now)
    assert (copy.test_share, copy.decide_metric, copy.decide_hours) == (0.2, "clicks", 2)
    assert copy.variants.get(letter="b").sender == sender


def test_a_test_goes_to_the_team_and_to_nobody_else_and_counts_nowhere(store: Any, sink: Any) -> None:
    owner, mia = member_of(store, "owner"), member_of(store, "marketer")
    ways = (Way("Just in, {{ profile.first_name }}", WORDS),)
    campaign = make_campaign(make_list(make_crowd(1, now=clock.now()), now=clock.now()), ways=ways, now=clock.now())
    client, here = signed_in(mia), f"/s/{store.slug}/campaigns/{campaign.public_id}/"
    client.post(f"{here}try/", {"variant": "a", "to": ["stranger@example.test"]})
    assert sink.recipients == []
    answer = client.post(f"{here}try/", {"variant": "a", "to": [owner.email, mia.email, "stranger@example.test"]}, follow=True)
    assert "on its way to 2 people" in answer.content.decode()
    assert sorted(sink.recipients) == sorted([owner.email, mia.email])
    mail: EmailMessage = sink.accepted[0]
    assert mail["Subject"].startswith("[Test] Just in, ")
    assert "{{" not in mail["Subject"]
    assert "/c/" not in str(mail.get_body(("html",)))
    assert Message.objects.count() == 0
    assert AuditEntry.objects.filter(action="campaign.tried").count() == 1
    assert client.post(f"{here}try/", {"variant": "q", "to": [mia.email]}).status_code == 404


def test_a_refused_test_says_so(store: Any, sink: Any) -> None:
    sink.data_answer = lambda mail: "554 no thanks"
    mia = member_of(store, "marketer")
    campaign = make_campaign(make_list([], now=clock.now()), now=clock.now())
    answer = signed_in(mia).post(f"/s/{store.slug}/campaigns/{campaign.public_id}/try/", {"to": [mia.email]}, follow=True)
    assert "no thanks" in answer.content.decode()
    assert not AuditEntry.objects.filter(action="campaign.tried").exists()


def test_one_person_sends_so_many_tests_a_minute_and_no_more(store: Any, sink: Any) -> None:
    mia, ben = member_of(store, "marketer"), member_of(store, "manager")
    campaign = make_campaign(make_list([], now=clock.now()), now=clock.now())
    here = f"/s/{store.slug}/campaigns/{campaign.public_id}/try/"
    for _number in range(OF_PERSON.amount):
        spend(OF_PERSON, who=f"{store.pk}:{mia.pk}")
    answer = signed_in(mia).post(here, {"to": [mia.email]}, follow=True)
    assert "That were many tests. Try again in " in answer.content.decode()
    assert sink.recipients == []
    signed_in(ben).post(here, {"to": [mia.email]})
    assert sink.recipients == [mia.email]


def test_a_template_is_tried_before_it_is_a_version(store: Any, sink: Any) -> None:
    mia = member_of(store, "marketer")
    source = "<mjml><mj-body><mj-section><mj-column><mj-text>Draft words</mj-text></mj-column></mj-section></mj-body></mjml>"
    template = saving.create("News", content=Content("mjml", Wording("Hello", "", source)), user_id=None, now=clock.now())
    client, here = signed_in(mia), f"/s/{store.slug}/content/{template.public_id}/try/"
    assert mia.email in client.get(here).content.decode()
    client.post(here, {"to": [mia.email]})
    assert sink.accepted[0]["Subject"] == "[Test] Hello"
    assert "Draft words" in sink.accepted[0].get_body(("plain",)).get_content()


def test_a_test_leaves_in_the_language_that_was_chosen_and_says_which(store: Any, sink: Any) -> None:
    now, mia = clock.now(), member_of(store, "marketer")
    source = mail(part("<mj-text>Words</mj-text>"))
    content = Content("mjml", Wording("Just in", "", source), {"de": Wording("Neu da", "", source)})
    template = saving.create("News", content=content, user_id=None, now=now)
    saving.save_version(template, **vars(content.main), kind="mjml", languages=content.languages, now=now)
    campaign = make_campaign(make_list([], now=now), now=now, ways=(Way("", template=str(template.public_id)),))
    client, of_campaign = signed_in(mia), f"/s/{store.slug}/campaigns/{campaign.public_id}/"
    of_template = f"/s/{store.slug}/content/{template.public_id}/try/"
    assert '<option value="de" selected>de: Deutsch' in client.get(f"{of_campaign}?lang=de").content.decode()
    assert "?lang=de" in client.get(f"{of_template}?lang=de").content.decode()
    for here in (f"{of_campaign}try/", of_template):
        said = client.post(here, {"to": [mia.email], "lang": "de"}, follow=True).content.decode()
        assert "It is the text in Deutsch." in said
        client.post(here, {"to": [mia.email], "lang": "xx"})
        german, usual = sink.accepted[-2:]
        assert (german["Subject"], usual["Subject"]) == ("[Test: de] Neu da", "[Test] Just in")
        assert "Abmelden" in german.get_body(("plain",)).get_content(), "its fixed words are German too"
        assert "Unsubscribe" in usual.get_body(("plain",)).get_content()
    tried = AuditEntry.objects.filter(action__in=("campaign.tried", "template.tried")).values_list("details__language", flat=True)
    assert sorted(tried) == ["", "", "de", "de"]


def test_what_will_happen_is_said_for_every_kind_of_schedule(store: Any, now: Any) -> None:
    def said(**fields: Any) -> str:
        campaign = Campaign(name="X", **fields)
        campaign.save()
        return " ".join(str(step.render(str)) for step in next_steps(campaign, store=store, now=now))

    day = date(2026, 3, 10)
    assert said() == "The first messages leave within a minute after you press the button."
    assert "at 10:00 for everybody at once" in said(when="at", wall_day=day, wall_time=time(10))
    local = said(when="local", wall_day=day, wall_time=time(10))
    first, last = now.replace(day=9, hour=20), now.replace(day=10, hour=22)
    for moment in (first, last):
        assert f"{moment.astimezone(store.timezone):%H:%M}" in local
    assert "Who is in the segments is asked again" in local
    assert "spread evenly over 12 hours" in said(ramp_hours=12)
    tried = said(test_share=0.2, decide_metric="orders", decide_hours=4)
    assert "First 20% of them try the mails. After 4 hours the mail with the most orders" in tried
    assert "10.0% of them, drawn by lot, get nothing" in said(holdout_share=0.1)

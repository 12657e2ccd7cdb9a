"""Who writes and may not send asks; who may send says yes by sending, or gives it back; a change takes the question back."""

from typing import Any

import pytest

from campaigns.broadcasts.content import Words, choosing
from campaigns.broadcasts.drafting import Way
from campaigns.models import Campaign
from retention.kit import clock
from retention.stores.models import AuditEntry
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, rows
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(store: Any) -> Campaign:
    return make_campaign(make_list(make_crowd(2, now=clock.now()), now=clock.now()), now=clock.now())


def test_a_writer_asks_and_a_marketer_says_yes(store: Any, draft: Campaign) -> None:
    writer, marketer = signed_in(member_of(store, "writer")), signed_in(member_of(store, "marketer"))
    here = f"/s/{store.slug}/campaigns/{draft.public_id}/"
    page = writer.get(here).content.decode()
    assert "Ask for a yes" in page
    assert "Send to 2" not in page
    assert writer.post(f"{here}start/").status_code == 403
    writer.post(f"{here}ask/")
    writer.post(f"{here}ask/")
    draft.refresh_from_db()
    assert (draft.state, draft.asked_at is not None) == ("draft", True)
    assert "Waits for a yes" in marketer.get(f"/s/{store.slug}/campaigns/").content.decode()
    assert "waits for your yes" in marketer.get(f"/s/{store.slug}/").content.decode()
    assert "waits for your yes" not in writer.get(f"/s/{store.slug}/").content.decode()
    seen = marketer.get(here)
    assert "asks for a yes" in seen.content.decode()
    marketer.post(f"{here}start/", {"seen": seen.context["seen"]})
    draft.refresh_from_db()
    assert draft.state == "scheduled"
    deeds = list(AuditEntry.objects.filter(action__startswith="campaign.").order_by("number").values_list("action", flat=True))
    assert deeds == ["campaign.asked", "campaign.started"]


def test_what_was_changed_after_it_was_seen_does_not_leave(store: Any, draft: Campaign) -> None:
    writer, marketer = signed_in(member_of(store, "writer")), signed_in(member_of(store, "marketer"))
    here = f"/s/{store.slug}/campaigns/{draft.public_id}/"
    writer.post(f"{here}ask/")
    seen = marketer.get(here).context["seen"]
    form = {"name": "Other", "include": draft.segments.get().segment.public_id, "subject_a": "Other", "heading_a": "H", "text_a": "T"}
    assert writer.post(f"{here}edit/", form).status_code == 302
    draft.refresh_from_db()
    assert draft.asked_at is None
    answer = marketer.post(f"{here}start/", {"seen": seen}, follow=True)
    assert "It was changed after you opened it." in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.state, rows(draft).count()) == ("draft", 0)


def test_a_draft_nobody_asked_about_leaves_as_it_was_seen_too(store: Any, draft: Campaign) -> None:
    writer, marketer = signed_in(member_of(store, "writer")), signed_in(member_of(store, "marketer"))
    here = f"/s/{store.slug}/campaigns/{draft.public_id}/"
    seen = marketer.get(here).context["seen"]
    form = {"name": "News", "include": draft.segments.get().segment.public_id, "subject_a": "Other", "heading_a": "H", "text_a": "T"}
    writer.post(f"{here}edit/", form)
    marketer.post(f"{here}start/", {"seen": seen})
    draft.refresh_from_db()
    assert draft.state == "draft"
    marketer.post(f"{here}start/", {"seen": marketer.get(here).context["seen"]})
    draft.refresh_from_db()
    assert draft.state == "scheduled"


def test_who_says_yes_sees_that_it_reads_differently_its_source_and_real_people(store: Any) -> None:
    now = clock.now()
    crowd = make_crowd(4, now=now)
    sly = Words(
        "New", "Hello {% if profile.first_name == 'Luca' %}Mister{% else %}stranger{% endif %}", "See it", "https://lumen.example.test/"
    )
    draft = make_campaign(make_list(crowd, now=now), now=now, ways=(Way("Just in", sly),))
    marketer, analyst = signed_in(member_of(store, "marketer")), signed_in(member_of(store, "analyst"))
    here = f"/s/{store.slug}/campaigns/{draft.public_id}/"
    page = marketer.get(here)
    assert "It does not read the same for everybody." in page.content.decode()
    assert "{% if profile.first_name ==" in page.content.decode()
    assert [one.pk for one in page.context["people"]] == [one.pk for one in crowd[:3]]
    as_one = marketer.get(f"{here}?person={crowd[0].public_id}").content.decode()
    assert "As Kim sees it" in as_one
    assert f'person={crowd[0].public_id}"></iframe>' in as_one
    frame = f"{here}preview/?variant=a&seen={page.context['seen']}&person={crowd[0].public_id}"
    assert "stranger" in marketer.get(frame).content.decode()
    hidden = analyst.get(f"{here}?person={crowd[0].public_id}")
    assert (hidden.context["people"], hidden.context["person"]) == ([], None)
    draft.variants.update(subject="Other")
    changed = marketer.get(frame).content.decode()
    assert "It was changed. Load the page again" in changed
    assert "stranger" not in changed


@pytest.mark.parametrize(
    ("text", "chooses"),
    [
        ("Hello {{ profile.first_name }}", False),
        ("{%- unless a %}b{% endunless %}", True),
        ("{% for one in products %}x{% endfor %}", True),
        ("{{ profile.first_name | replace: 'Luca', 'you there' }}", True),
        ("{{ profile.first_name | default: 'you there' }}", True),
    ],
)
def test_what_reads_differently_for_different_people_is_known(store: Any, text: str, chooses: bool) -> None:
    now = clock.now()
    draft = make_campaign(make_list([], now=now), now=now, ways=(Way("Just in", Words("New", text)),))
    assert bool(choosing(draft.variants.get())) is chooses


def test_it_is_given_back_and_only_what_is_whole_can_be_asked_for(store: Any, draft: Campaign) -> None:
    writer, owner = signed_in(member_of(store, "writer")), signed_in(member_of(store, "owner"))
    here = f"/s/{store.slug}/campaigns/{draft.public_id}/"
    writer.post(f"{here}ask/")
    assert writer.post(f"{here}return/").status_code == 403
    owner.post(f"{here}return/")
    draft.refresh_from_db()
    assert draft.asked_at is None
    draft.variants.all().delete()
    answer = writer.post(f"{here}ask/", follow=True)
    assert "Write what it says" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.asked_at is None


def test_what_was_put_away_comes_back_as_what_it_was(store: Any, draft: Campaign) -> None:
    client, here = signed_in(member_of(store, "marketer")), f"/s/{store.slug}/campaigns/"
    client.post(f"{here}{draft.public_id}/archive/", follow=True)
    assert draft.name not in client.get(here).content.decode()
    assert draft.name in client.get(f"{here}?away=1").content.decode()
    client.post(f"{here}{draft.public_id}/unarchive/")
    draft.refresh_from_db()
    assert draft.state == "draft"
    Campaign.objects.filter(pk=draft.pk).update(
        state="archived", confirmed_at=clock.now(), starts_at=clock.now(), opened_at=clock.now(), seen_at=clock.now(),
        planned_at=clock.now(), finished_at=clock.now(),
    )  # fmt: skip
    client.post(f"{here}{draft.public_id}/unarchive/")
    draft.refresh_from_db()
    assert draft.state == "finished"

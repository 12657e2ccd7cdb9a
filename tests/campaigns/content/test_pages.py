"""The editor: what is written is kept, shown as a person sees it, checked, and goes live only when it may."""

from typing import Any

import pytest
from django.test import Client

from campaigns.models import Template, TemplateVersion
from campaigns.personalization import saving
from campaigns.personalization.render import CannotRender
from campaigns.personalization.wording import LONGEST_SOURCE
from campaigns.views import looking
from campaigns.views.looking import OF_PERSON, OF_STORE, TIMES_OF_A_HEAVY_ONE
from retention.kit import clock
from retention.stores.limits import spend
from retention.tenancy.context import store_context
from tests.campaigns.story import make_shopper
from tests.factories import make_store, member_of, signed_in

pytestmark = pytest.mark.django_db
WORDS = "Words enough that nobody takes this mail for one of pictures alone. "


@pytest.fixture
def client(store: Any) -> Client:
    return signed_in(member_of(store, "marketer"))


def make(client: Client, store: Any, html: str = "") -> str:
    answer = client.post(f"/s/{store.slug}/content/new/", {"name": "News of May", "html": html})
    assert answer.status_code == 302
    return str(answer["Location"])


def write(client: Client, where: str, source: str, *, do: str = "draft", basis: str = "0:1", subject: str = "News") -> Any:
    return client.post(where, {"subject": subject, "preheader": "", "source": source, "do": do, "basis": basis})


def test_a_mail_is_made_written_checked_and_goes_live(client: Client, store: Any) -> None:
    where = make(client, store, f"<body><p>{WORDS}</p></body>")
    assert "The subject is empty." in client.get(where).content.decode()
    assert write(client, where, f"{WORDS}{{{{ profile.frist_name }}}}", do="save").status_code == 302
    page = client.get(where).content.decode()
    assert "Did you mean profile.first_name?" in page
    assert TemplateVersion.objects.count() == 0
    assert write(client, where, f"{WORDS}{{{{ profile.first_name }}}}", do="save", basis="0:2").status_code == 302
    assert (Template.objects.get().live_number, Template.objects.get().draft) == (1, None)
    assert "News of May" in client.get(f"/s/{store.slug}/content/").content.decode()


def test_html_made_elsewhere_that_grows_too_long_is_cut_as_what_is_written_is(client: Client, store: Any) -> None:
    make(client, store, "{{a}}" * 80_000)
    assert saving.written(Template.objects.get()).main.source == ("{{ event.a }}" * 80_000)[:LONGEST_SOURCE]


def test_the_preview_shows_a_real_person_and_can_do_nothing(client: Client, store: Any) -> None:
    make_shopper("Zoe", now=clock.now())
    where = make(client, store, "<body>Hello {{ profile.first_name }} <script>x</script></body>")
    answer = client.get(f"{where}preview/?q=Zoe")
    assert "Hello Zoe" in answer.content.decode()
    assert "https://preview.invalid/unsubscribe" in answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "Hello Luca" in client.get(f"{where}preview/").content.decode()
    assert client.get(f"{where}preview/?as=text")["Content-Type"].startswith("text/plain")
    write(client, where, "{% bad %}")
    assert "cannot be shown yet" in client.get(f"{where}preview/").content.decode()


def test_nobody_writes_over_what_they_have_not_seen(client: Client, store: Any) -> None:
    where = make(client, store, WORDS)
    assert write(client, where, "Mine").status_code == 302
    late = write(client, where, "Yours", basis="0:1")
    assert late.status_code == 409
    assert "Nothing of yours is lost" in late.content.decode()
    assert "Yours" in late.content.decode()
    assert Template.objects.get().draft["source"] == "Mine"
    assert write(client, where, "Yours", basis="0:1", do="copy").status_code == 302
    assert sorted(Template.objects.values_list("draft__source", flat=True)) == ["Mine", "Yours"]


def test_old_versions_come_back_but_not_over_a_draft(client: Client, store: Any) -> None:
    where = make(client, store, WORDS)
    write(client, where, f"{WORDS} one", do="save", basis="0:1")
    write(client, where, f"{WORDS} two", do="save", basis=f"1:{Template.objects.get().draft_number}")
    assert Template.objects.get().live_number == 2
    write(client, where, "Draft", basis=f"2:{Template.objects.get().draft_number}")
    client.post(f"{where}restore/", {"number": "1"})
    assert (Template.objects.get().live_number, Template.objects.get().draft["source"]) == (2, "Draft")
    write(client, where, "", do="discard", basis=f"2:{Template.objects.get().draft_number}")
    client.post(f"{where}restore/", {"number": "1"})
    assert TemplateVersion.objects.get(number=3).source == f"{WORDS} one"
    assert client.post(f"{where}restore/", {"number": "x"}).status_code == 404


@pytest.mark.parametrize("reason", ["template_too_slow", "template_too_big"])
def test_a_preview_that_ran_into_a_limit_takes_many_times(client: Client, store: Any, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    where = make(client, store, "<body>Hello {{ profile.first_name }}</body>")
    monkeypatch.setattr(looking, "preview", lambda *_given, **_named: CannotRender(reason, "x"))
    seen = [client.get(f"{where}preview/").status_code for _number in range(OF_PERSON.amount // (1 + TIMES_OF_A_HEAVY_ONE) + 2)]
    assert seen == [200] * 6 + [429], "the sixth takes what is left"


def test_a_person_and_a_shop_have_so_many_previews_a_minute_and_are_told_when_there_are_more(client: Client, store: Any) -> None:
    where = make(client, store, "<body>Hello {{ profile.first_name }}</body>")
    person = store.memberships.get(user__pk=client.session["_auth_user_id"]).user
    for _number in range(OF_PERSON.amount):
        spend(OF_PERSON, who=f"{store.pk}:{person.pk}")
    answer = client.get(f"{where}preview/")
    assert answer.status_code == 429
    assert "That were many previews. Try again in " in answer.content.decode()
    assert "Luca" not in answer.content.decode()
    colleague = signed_in(member_of(store, "manager"))
    assert "Hello Luca" in colleague.get(f"{where}preview/").content.decode()
    for _number in range(OF_STORE.amount):
        spend(OF_STORE, who=str(store.pk))
    assert colleague.get(f"{where}preview/").status_code == 429
    other = make_store("Other")
    elsewhere = signed_in(member_of(other, "marketer"))
    with store_context(other.pk):
        there = make(elsewhere, other, "<body>Hello {{ profile.first_name }}</body>")
    assert "Hello Luca" in elsewhere.get(f"{there}preview/").content.decode()

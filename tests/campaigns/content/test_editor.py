"""The live answers of the editor: what is kept, what is refused, whom a mail is seen as, what is different between two texts."""

from typing import Any

import pytest
from django.test import Client

from campaigns.models import Template, TemplateVersion
from campaigns.personalization.answering import Answered, ask_links
from campaigns.personalization.blocks.outline import outline_of
from campaigns.personalization.ready import READY_MAILS, wording_of
from campaigns.personalization.wording import Content, Wording
from campaigns.views.content.versions import differences
from retention.kit import clock
from retention.kit.fetch import FetchFailed, FetchRefused
from tests.campaigns.story import make_shopper
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(store: Any) -> Client:
    return signed_in(member_of(store, "marketer"))


@pytest.fixture
def where(client: Client, store: Any) -> str:
    return str(client.post(f"/s/{store.slug}/content/new/", {"ready": "welcome"})["Location"])


def source() -> str:
    return str(Template.objects.order_by("id").get().draft["source"])


def work(client: Client, where: str, *, basis: str = "0:1", **values: str) -> Any:
    usual = {"subject": "News", "preheader": "", "source": source(), "basis": basis, "lang": ""}
    return client.post(f"{where.partition('?')[0]}draft/", usual | values)


def block(label: str) -> int:
    return next(one.number for one in outline_of(source()) if one.label.text == label)


def test_a_deed_is_done_kept_and_answered(client: Client, where: str) -> None:
    answer = work(client, where, deed="set", number=str(block("Button")), **{"f.text": "Go on", "f.back": "#112233"}).json()
    assert answer["basis"] == "0:2"
    assert answer["said"] == ""
    assert 'background-color="#112233" color="{{ shop.color_on }}">Go on</mj-button>' in source()
    assert answer["source"] == source()
    assert "Go on" in answer["blocks"]
    assert "Gmail cuts" in answer["checks"]
    assert "Go on" in client.get(f"{where}preview/?at={block('Button')}").content.decode()


def test_what_cannot_be_done_is_said_and_the_text_stays(client: Client, where: str) -> None:
    before = source()
    answer = work(client, where, deed="delete", number=str(block("Address and a way to say no"))).json()
    assert answer["said"] == "The address and the way to say no cannot be left out."
    for deed, number in (("delete", "999"), ("add:nonsense", "1"), ("nonsense", "1"), ("carry:x", "3")):
        assert work(client, where, basis="0:2", deed=deed, number=number).json()["said"] != ""
    assert source() == before


def test_another_tab_is_told_and_nothing_is_written_over(client: Client, where: str) -> None:
    assert work(client, where, subject="Mine").status_code == 200
    late = work(client, where, subject="Theirs")
    assert (late.status_code, late.json()) == (409, {"conflict": True})
    assert Template.objects.get().draft["subject"] == "Mine"


def test_a_mail_that_cannot_be_shown_as_blocks_says_why(client: Client, where: str) -> None:
    answer = work(client, where, source="<mjml><mj-body><mj-section></mj-body></mjml>").json()
    assert "&lt;mj-body&gt; in line 1 is not closed as it was opened." in answer["blocks"]


def test_the_preview_scrolls_to_the_open_block_and_can_be_dark(client: Client, where: str) -> None:
    light = client.get(f"{where}preview/?at={block('Button')}").content.decode()
    assert light.count('id="here"') == 1
    assert "(max-width:0)" in light
    assert "prefers-color-scheme" not in light
    dark = client.get(f"{where}preview/?as=dark").content.decode()
    assert "prefers-color-scheme" not in dark
    assert "(min-width:0)" in dark
    assert 'id="here"' not in dark


def test_a_mail_is_seen_as_any_customer(client: Client, where: str) -> None:
    zoe = make_shopper("Zoe", now=clock.now())
    make_shopper("Yan", now=clock.now())
    found = client.get(f"{where}people/?q=zoe").json()["people"]
    assert [one["id"] for one in found] == [str(zoe.public_id)]
    assert "you here, Zoe" in client.get(f"{where}preview/?person={zoe.public_id}").content.decode()
    assert len(client.get(f"{where}people/").json()["people"]) == 2


def test_languages_are_added_written_and_left(client: Client, where: str) -> None:
    page = f"{where}languages/"
    assert client.post(page, {"language": "no such", "basis": "0:1", "do": "add"}).status_code == 422
    assert client.post(page, {"language": "pt_BR", "basis": "0:1", "do": "add"}).status_code == 302
    assert "Not translated yet: Subject, Preview line, Text of the mail" in " ".join(client.get(page).content.decode().split())
    assert work(client, where, basis="0:2", lang="pt-br", subject="Olá", preheader="Oi").status_code == 200
    assert "Not translated yet: Text of the mail" in " ".join(client.get(page).content.decode().split())
    draft = Template.objects.get().draft
    assert (draft["subject"], draft["languages"]["pt-br"]["subject"]) == (READY_MAILS["welcome"].subject, "Olá")
    assert 'value="Olá"' in client.get(f"{where}?lang=pt-br").content.decode()
    assert client.post(page, {"language": "pt-br", "basis": "0:1", "do": "leave"}).status_code == 302
    assert Template.objects.get().draft["languages"] != {}
    assert client.post(page, {"language": "pt-br", "basis": "0:3", "do": "leave"}).status_code == 302
    assert Template.objects.get().draft["languages"] == {}


def test_versions_are_shown_with_what_is_different(client: Client, where: str) -> None:
    client.post(where, {"subject": "One", "preheader": "", "source": source(), "do": "save", "basis": "0:1"})
    text = TemplateVersion.objects.get().source
    client.post(where, {"subject": "Two", "preheader": "", "source": text.replace("Look around", "Come in"), "do": "save", "basis": "1:3"})
    page = client.get(f"{where}versions/").content.decode()
    assert "Version 2" in page
    assert "Come in" in page
    assert "Look around" in page
    assert "Nothing to compare" in client.get(f"{where}versions/?old=2&new=2").content.decode()


def test_a_difference_names_language_part_and_lines() -> None:
    old = Content(main=Wording("S", "", "\n".join("abcdefgh")), languages={"de": Wording("D", "", "x")})
    new = Content(main=Wording("S", "P", "\n".join("abcdXfgh")))
    found = [
        (one["language"], one["what"], [(line.sign, line.number, line.text) for line in one["lines"]]) for one in differences(old, new)
    ]
    assert found == [
        ("", "Preview line", [("+", 1, "P")]),
        ("", "Text of the mail", [("…", 0, ""), (" ", 3, "c"), (" ", 4, "d"), ("-", 5, "e"), ("+", 5, "X"), (" ", 6, "f"), (" ", 7, "g")]),
        ("de", "Subject", [("-", 1, "D")]),
        ("de", "Text of the mail", [("-", 1, "x")]),
    ]


def test_links_are_asked_once_each_and_said_in_words() -> None:
    said: dict[str, Any] = {"/ok": 200, "/gone": 404, "/nohead": 405}
    asked: list[tuple[str, str]] = []

    def ask(method: str, address: str, seconds: float) -> int:
        assert 0 < seconds <= 5
        path = address.removeprefix("https://a.test")
        asked.append((method, path))
        if path == "/refused":
            raise FetchRefused("address")
        if path == "/silent":
            raise FetchFailed("timeout")
        return 200 if (method, path) == ("GET", "/nohead") else int(said[path])

    paths = ("/ok", "/ok", "/gone", "/nohead", "/refused", "/silent")
    html = "".join(f'<a href="https://a.test{path}">x</a>' for path in paths) + '<a href="mailto:a@b.test">m</a><a href="#x">x</a>'
    found = ask_links(html, ask=ask)
    assert [(one.address.removeprefix("https://a.test"), one.good) for one in found] == [
        ("/ok", True), ("/gone", False), ("/nohead", True), ("/refused", False), ("/silent", False),
    ]  # fmt: skip
    assert found[1].words.render(str) == "It answers with 404."
    assert sorted(asked) == [
        ("GET", "/nohead"),
        ("HEAD", "/gone"),
        ("HEAD", "/nohead"),
        ("HEAD", "/ok"),
        ("HEAD", "/refused"),
        ("HEAD", "/silent"),
    ]


def test_asking_has_one_deadline_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaigns.personalization.answering.SECONDS", 0.0)
    found = ask_links('<a href="https://a.test/">x</a>', ask=lambda *_told: 200)
    assert [(type(one), one.good, one.words.text) for one in found] == [(Answered, False, "There was no time left to ask it.")]


def test_the_button_that_asks_answers_even_where_nothing_may_be_asked(client: Client, where: str) -> None:
    answer = client.post(f"{where}links/")
    assert answer.status_code == 200
    assert "lumen.example.test" in answer.content.decode()
    assert "preview.invalid" not in answer.content.decode()


def test_an_sms_is_written_counted_and_goes_live(client: Client, store: Any) -> None:
    where = str(client.post(f"/s/{store.slug}/content/new/", {"channel": "sms", "name": "Springtime"})["Location"])
    assert "Lumen:" in client.get(where).content.decode()
    look = client.post(f"{where}sms/", {"source": "Hi {{ profile.first_name }} “now”", "basis": "0:1", "price": "0,09"}).content.decode()
    assert "Hi Luca &quot;now&quot;" in look
    assert "GSM-7" in look
    assert "€90.00" in look
    assert "UCS-2" in client.post(f"{where}sms/", {"source": "Ω☕", "basis": "0:2", "price": "x"}).content.decode()
    assert "Too long" in client.post(f"{where}sms/", {"source": "x" * 2000, "basis": "0:3"}).content.decode()
    assert "unexpected tag" in client.post(f"{where}sms/", {"source": "{% bad %}", "basis": "0:4"}).content.decode()
    assert client.post(f"{where}sms/", {"source": "late", "basis": "0:1"}).status_code == 409
    assert client.post(f"{where}sms/", {"source": "{% bad %}", "basis": "0:4"}).status_code == 200, "the answer to its first save was lost"
    client.post(where, {"source": "Hello {{ profile.frist_name }}", "basis": "0:5", "do": "save"})
    assert TemplateVersion.objects.count() == 0
    client.post(where, {"source": "Hello {{ profile.first_name }}", "basis": "0:6", "do": "save"})
    version = TemplateVersion.objects.get()
    assert (version.kind, version.text, version.html) == ("text", "Hello {{ profile.first_name }}", "")
    assert "Springtime" in client.get(f"/s/{store.slug}/content/?channel=sms").content.decode()
    client.post(f"{where}languages/", {"language": "de", "basis": f"1:{Template.objects.get().draft_number}", "do": "add"})
    basis = f"1:{Template.objects.get().draft_number}"
    assert client.post(f"{where}sms/", {"source": "Hallo", "basis": basis, "lang": "de"}).status_code == 200
    draft = Template.objects.get().draft
    assert (draft["source"], draft["languages"]["de"]["source"]) == ("Hello {{ profile.first_name }}", "Hallo")
    assert "Springtime" not in client.get(f"/s/{store.slug}/content/").content.decode()


def test_a_ready_mail_with_a_mark_still_compiles_for_every_block(client: Client, where: str) -> None:
    wording = wording_of(READY_MAILS["welcome"], words={})
    for one in outline_of(wording.source):
        answer = client.get(f"{where}preview/?at={one.number}")
        assert "cannot be shown" not in answer.content.decode()

"""Ready-made mails, campaigns and recovery messages in the store's language: the same blocks, whole in one language, nothing to mend."""

from dataclasses import replace
from typing import Any

import pytest

from campaigns.broadcasts import drafting
from campaigns.broadcasts.ready_made import READY_MADE
from campaigns.models import CampaignVariant, Template, TemplateVersion
from campaigns.personalization.blocks.editing import filled_in
from campaigns.personalization.blocks.tree import attributes_of
from campaigns.personalization.brands import ready_words
from campaigns.personalization.checking import FINE, findings_of
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.ready import READY_MAILS, wording_of
from campaigns.personalization.ready.german import GERMAN
from campaigns.personalization.ready.messages import ReadyMessage, add_messages
from campaigns.personalization.ready.spoken import TEXTS, _said_in_mail, in_words_of, texts_of
from campaigns.personalization.render import Rendered
from campaigns.personalization.vocabulary import WORDS
from campaigns.personalization.wording import Content, Wording
from campaigns.playbooks import PLAYBOOKS, switching
from campaigns.recovery.ready import MESSAGES
from campaigns.sending.previewing import preview
from retention.kit import clock
from retention.kit.words import Phrase
from retention.tenancy.context import store_context
from tests.campaigns.story import make_shopper
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db
KEYS = [key for key, _one in READY_MAILS.items()]
MAILS = [one for one in MESSAGES if one.kind == "mjml"]
OTHERS = [language for language, texts in TEXTS.items() if texts]


@pytest.mark.parametrize(
    ("locale", "is_german"), [("de", True), ("de-AT", True), ("DE_ch", True), ("en", False), ("en-GB", False), ("ja", False), ("", False)]
)
def test_a_store_is_written_for_in_its_language_or_in_english(locale: str, is_german: bool) -> None:
    assert (texts_of(locale) is GERMAN) == is_german


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("key", KEYS)
def test_a_ready_mail_is_whole_in_the_language_and_has_nothing_to_mend(store: Any, key: str, language: str) -> None:
    english, wording = (wording_of(READY_MAILS[key], words=ready_words(store), locale=locale) for locale in ("en", language))
    assert not {wording.subject, wording.preheader, *_said_in_mail(wording.source)} & {
        english.subject, english.preheader, *_said_in_mail(english.source),
    }  # fmt: skip
    assert blocks(wording.source) == blocks(english.source)
    found = findings_of(Content(main=wording), words=WORDS)
    assert [(one.words.text, one.words.values) for one in found if one.severity != FINE] == []
    for customer in (None, make_shopper("", now=clock.now())):
        made = preview(wording, "mjml", store=store, customer=customer, now=clock.now())
        assert isinstance(made, Rendered), made
        assert "{{" not in made.html + made.text + made.subject
        assert "{%" not in made.html + made.text + made.subject


def blocks(source: str) -> list[str]:
    """Return the openings of a mail's blocks with what they look like."""
    return [str((line.split()[0], sorted(attributes_of(line).items()))) for line in source.splitlines() if line.strip().startswith("<mj-")]


@pytest.mark.parametrize("language", OTHERS)
def test_a_greeting_needs_no_name(store: Any, language: str) -> None:
    wording = wording_of(READY_MAILS["birthday"], words=ready_words(store), locale=language)
    subjects = []
    for name in ("", "Ana"):
        made = preview(wording, "mjml", store=store, customer=make_shopper(name, now=clock.now()), now=clock.now())
        assert isinstance(made, Rendered), made
        subjects.append(made.subject)
    assert subjects == ["Herzlichen Glückwunsch zum Geburtstag", "Herzlichen Glückwunsch zum Geburtstag, Ana"]


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("one", MESSAGES, ids=lambda one: one.key)
def test_the_recovery_plan_is_whole_in_the_language(one: ReadyMessage, language: str) -> None:
    english = Wording(one.subject, one.preheader, one.source)
    said = in_words_of(texts_of(language), english, kind=one.kind)
    assert said.source != english.source
    assert (said.subject == english.subject) == (not english.subject)
    if one.kind == "push":
        before, after = PushText.read(english.source), PushText.read(said.source)
        assert replace(after, text=before.text) == before


def test_the_plan_of_a_german_store_is_made_in_german(store: Any) -> None:
    store.locale = "de-DE"
    with store_context(store.pk):
        add_messages(MESSAGES, store, now=clock.now())
        subjects = dict(TemplateVersion.objects.values_list("template__key", "subject"))
    assert subjects["recovery-mail"] == "Ihr Warenkorb ist noch da"
    assert subjects["recovery-push"] == "Noch für Sie da"


def test_a_message_of_which_one_sentence_is_missing_stays_english_as_a_whole(store: Any) -> None:
    mail = READY_MAILS["win_back"]
    english = Wording(mail.subject, mail.preheader, mail.source)
    texts = {words: said for words, said in GERMAN.items() if words != "Come and see"}
    assert in_words_of(texts, english) == english
    store.locale = "de"
    own = ReadyMessage(
        "own", Phrase("Own"), "email", mail.subject, mail.source.replace("Come and see", "Nobody wrote this"), mail.preheader
    )
    with store_context(store.pk):
        add_messages([own], store, now=clock.now())
        assert TemplateVersion.objects.get().subject == mail.subject


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("channel", drafting.CHANNELS)
@pytest.mark.parametrize("key", [one.key for one in READY_MADE])
def test_a_ready_made_campaign_is_written_in_the_language(store: Any, key: str, channel: str, language: str) -> None:
    made = {}
    for locale in ("en", language):
        type(store).objects.filter(pk=store.pk).update(locale=locale)
        with store_context(store.pk):
            campaign = drafting.make(ready_made=key, channel=channel, user_id=None, now=clock.now())
            made[locale] = CampaignVariant.objects.get(campaign=campaign)
    english, other = made["en"], made[language]
    assert english.words.keys() == other.words.keys()
    assert english.subject != other.subject
    assert [name for name in english.words if name != "url" and english.words[name] == other.words[name]] == []
    assert english.words.get("url") == other.words.get("url")


def test_the_gallery_of_a_german_store_begins_in_german(store: Any) -> None:
    type(store).objects.filter(pk=store.pk).update(locale="de")
    client = signed_in(member_of(store, "marketer"))
    assert "Schön, dass Sie da sind" in client.get(f"/s/{store.slug}/content/ready/welcome/").content.decode()
    assert client.post(f"/s/{store.slug}/content/new/", {"ready": "birthday"}).status_code == 302
    with store_context(store.pk):
        assert Template.objects.get().draft["subject"].startswith("Herzlichen Glückwunsch")


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("key", [one.key for one in READY_MADE])
def test_a_ready_made_text_begins_large_after_the_name_of_the_shop(store: Any, key: str, language: str) -> None:
    type(store).objects.filter(pk=store.pk).update(locale=language)
    with store_context(store.pk):
        campaign = drafting.make(ready_made=key, channel="sms", user_id=None, now=clock.now())
        said = CampaignVariant.objects.get(campaign=campaign).words["text"].removeprefix("{{ shop.name }}: ")
    assert said[0].isupper()


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("key", [key for key, one in PLAYBOOKS.items() if one.templates])
def test_the_messages_of_a_ready_made_journey_are_all_in_one_language(store: Any, key: str, language: str) -> None:
    store.locale = language
    type(store).objects.filter(pk=store.pk).update(locale=language)
    with store_context(store.pk):
        switching.add(key, now=clock.now())
        made = dict(TemplateVersion.objects.values_list("template__key", "source"))
    english = {one.key: filled_in(one.source, ready_words(store)) if one.kind == "mjml" else one.source for one in PLAYBOOKS[key].templates}
    assert english.keys() <= made.keys()
    assert len({made[one] == source for one, source in english.items()}) == 1

"""What stands in the fixed places of every mail (the foot, the sum of a basket, a countdown), in the language of the person who reads it.

Templates say `{{ shop.words.unsubscribe }}`. The texts below are for people who get mails, not for our pages; a store may write its own
over each, in any language. German says "Sie", as the ready-made mails and our pages for customers do. A new one: a line in PHRASES, its
texts in as many languages as there are, and its name in `vocabulary.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.models import StorePhrase
from retention.kit.languages import ways
from retention.kit.words import Phrase, gettext_noop
from retention.stores.models import Store

SHOP = "{shop}"
"""Stands in a phrase for the name of the shop."""
Own = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class FixedPhrase:
    """One fixed place: where it stands, in plain words, and what it says in each language."""

    label: Phrase
    texts: Mapping[str, str]


def _phrase(label: str, **texts: str) -> FixedPhrase:
    return FixedPhrase(Phrase(label), texts)


PHRASES: dict[str, FixedPhrase] = {
    "why": _phrase(
        gettext_noop("At the foot: why they get this mail"),
        en="You get this mail because you allowed {shop} to write to you.",
        de="Sie bekommen diese E-Mail, weil Sie {shop} erlaubt haben, Ihnen zu schreiben.",
        fr="Vous recevez ce message parce que vous avez autorisé {shop} à vous écrire.",
        es="Recibes este correo porque permitiste que {shop} te escriba.",
        it="Ricevi questa e-mail perché hai permesso a {shop} di scriverti.",
        pt="Recebe este e-mail porque permitiu que {shop} lhe escrevesse.",
        nl="Je krijgt deze e-mail omdat je {shop} toestemming gaf om je te schrijven.",
        ja="このメールは、{shop} からの配信を許可された方にお送りしています。",
    ),
    "unsubscribe": _phrase(
        gettext_noop("At the foot: the link to say no"),
        en="Unsubscribe", de="Abmelden", fr="Se désabonner", es="Darse de baja", it="Annulla l’iscrizione", pt="Cancelar a subscrição",
        nl="Afmelden", ja="配信停止",
    ),
    "preferences": _phrase(
        gettext_noop("At the foot: the link to choose topics and how often"),
        en="Less often, or only some topics", de="Seltener, oder nur manche Themen", fr="Moins souvent, ou certains sujets seulement",
        es="Menos a menudo, o solo algunos temas", it="Meno spesso, o solo alcuni argomenti", pt="Menos vezes, ou só alguns temas",
        nl="Minder vaak, of alleen bepaalde onderwerpen", ja="配信頻度やトピックを選ぶ",
    ),
    "together": _phrase(
        gettext_noop("Below a basket: what it comes to"),
        en="Together", de="Zusammen", fr="Total", es="Total", it="Totale", pt="Total", nl="Totaal", ja="合計",
    ),
    "until": _phrase(
        gettext_noop("Beside a countdown, where pictures are not shown: until"),
        en="Until", de="Bis", fr="Jusqu’au", es="Hasta", it="Fino al", pt="Até", nl="Tot", ja="期限",
    ),
}  # fmt: skip


def own_phrases() -> dict[tuple[str, str], str]:
    """Return what the active store says in its own words, by key and language."""
    rows = StorePhrase.objects.values_list("key", "language", "text")
    return {(key, language): text for key, language, text in rows}


def words_for(language: str, *, store: Store, own: Own) -> dict[str, str]:
    """Return every phrase as somebody who speaks `language` reads it.

    "pt-BR" is answered by "pt-br", else by "pt"; then come the shop's own language and English. own: as `own_phrases` returns it.
    """
    names = ways(language, store.locale)
    return {key: _text(key, phrase, names, own).replace(SHOP, store.name) for key, phrase in PHRASES.items()}


def usual_text(key: str, language: str, *, store: Store, own: Own) -> str:
    """Return what stands in a place in a language where the store has no words of its own in just that language."""
    others = {place: text for place, text in own.items() if place != (key, language)}
    return _text(key, PHRASES[key], ways(language, store.locale), others)


def _text(key: str, phrase: FixedPhrase, names: tuple[str, ...], own: Own) -> str:
    return next(text for name in names if (text := own.get((key, name)) or phrase.texts.get(name, "")))

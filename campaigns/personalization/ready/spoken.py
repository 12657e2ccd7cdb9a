"""Ready-made texts in the language of the store: the same blocks with other words in them, or English where a sentence is missing.

What is made together is in one language: a journey one mail of which lacks a sentence is in English as a whole (`messages.py`).
Whoever makes one gets it written; nothing is translated later. A new language: a file of sentences like `german.py`, a line in `TEXTS`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from campaigns.personalization.liquid_parts import LIQUID
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.ready.german import GERMAN
from campaigns.personalization.wording import Wording
from retention.kit.languages import LAST_RESORT, ways

Texts = Mapping[str, str]
TEXTS: Mapping[str, Texts] = {LAST_RESORT: {}, "de": GERMAN}
_SAID = re.compile(
    r"(?P<open><(?P<tag>mj-text|mj-button)\b[^>]*(?<!/)>)(?P<words>.*?)(?P<close></(?P=tag)>)|"
    r"(?P<title>class=\"bo-title\"[^>]*>)(?P<line>[^<]*)",
    re.DOTALL,
)
_MARKUP = re.compile(r"<[^>]*>|\[\[\w+\]\]|&\w+;")


def texts_of(locale: str) -> Texts:
    """Return the sentences of a store's language, by the English ones; none for English and for languages we do not write."""
    return TEXTS[next(way for way in ways(locale) if way in TEXTS)]


def in_words_of(texts: Texts, wording: Wording, *, kind: str = "mjml") -> Wording:
    """Return a ready-made message in another language; as it is where the language lacks one of its sentences. kind: of its version."""
    if not says_all(texts, wording, kind=kind):
        return wording
    return Wording(texts.get(wording.subject, ""), texts.get(wording.preheader, ""), _written(texts, wording.source, kind))


def says_all(texts: Texts, wording: Wording, *, kind: str = "mjml") -> bool:
    """Say whether another language has every sentence of a ready-made message. kind: of its version."""
    return all(one in texts for one in (wording.subject, wording.preheader, *_said(wording.source, kind)) if one)


def _said(source: str, kind: str) -> list[str]:
    if kind == "push":
        return [PushText.read(source).text]
    return _said_in_mail(source) if kind == "mjml" else [source]


def _written(texts: Texts, source: str, kind: str) -> str:
    if kind == "push":
        told = PushText.read(source)
        return str(replace(told, text=texts[told.text]))
    return _SAID.sub(lambda found: _put(texts, found), source) if kind == "mjml" else texts[source]


def _put(texts: Texts, found: re.Match[str]) -> str:
    if found["title"]:
        return found["title"] + texts.get(found["line"], found["line"])
    return found["open"] + texts.get(found["words"], found["words"]) + found["close"]


def _said_in_mail(source: str) -> list[str]:
    """Return what a mail says in words: of texts, buttons and headings of products, those with a letter beside Liquid and markup."""
    said = [found["line"] if found["title"] else found["words"] for found in _SAID.finditer(source)]
    return [words for words in said if any(map(str.isalpha, _MARKUP.sub("", LIQUID.sub("", words))))]

"""What is written of a mail before it is compiled: subject, preview line and source, once for everybody and once per further language.

The same shape is a draft, what the editor sends, and what a version was made from.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.models import TemplateVersion

KINDS = ("mjml", "html", "text", "push")
LONGEST_LINE, LONGEST_SOURCE = 300, 400_000
MOST_LANGUAGES = 20
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})?")


@dataclass(frozen=True)
class Wording:
    """The mail in one language."""

    subject: str = ""
    preheader: str = ""
    source: str = ""


@dataclass(frozen=True)
class Content:
    """The mail for everybody, and in further languages by their short names ("de", "pt-br"). kind "text" is no mail but an SMS."""

    kind: str = "mjml"
    main: Wording = field(default_factory=Wording)
    languages: Mapping[str, Wording] = field(default_factory=dict)

    def in_language(self, language: str) -> Wording:
        """Return what stands in this language; "" is everybody's."""
        return self.languages.get(language, self.main) if language else self.main

    def with_wording(self, language: str, wording: Wording) -> "Content":
        """Return the same with one language written anew."""
        if not language:
            return Content(self.kind, wording, self.languages)
        return Content(self.kind, self.main, {**self.languages, language: wording})

    def without_language(self, language: str) -> "Content":
        """Return the same without one of the further languages."""
        return Content(self.kind, self.main, {key: wording for key, wording in self.languages.items() if key != language})

    def as_json(self) -> dict[str, Any]:
        """Return it as a draft stores it."""
        return {"kind": self.kind, **vars(self.main), "languages": {key: dict(vars(one)) for key, one in self.languages.items()}}

    def texts(self) -> list[tuple[str, Wording]]:
        """Return every language with its wording, everybody's first."""
        return [("", self.main), *sorted(self.languages.items())]


def read_content(stored: Mapping[str, Any]) -> Content:
    """Read what `as_json` wrote; what is missing is empty."""
    kind = str(stored.get("kind", "mjml"))
    languages = stored.get("languages") or {}
    return Content(
        kind=kind if kind in KINDS else "mjml", main=_wording(stored), languages={str(key): _wording(one) for key, one in languages.items()}
    )


def content_of(version: TemplateVersion) -> Content:
    """Return what a version was made from."""
    main = Wording(version.subject, version.preheader, version.source)
    return Content(version.kind, main, {key: _wording(one) for key, one in version.languages.items()})


def is_language(text: str) -> bool:
    """Say whether a text is a language's short name as we keep it: lower case, "de" or "pt-br"."""
    return bool(_LANGUAGE.fullmatch(text))


def _wording(stored: Mapping[str, Any]) -> Wording:
    return Wording(str(stored.get("subject", "")), str(stored.get("preheader", "")), str(stored.get("source", "")))

"""In which language a shop's customers are spoken to: what they speak, else what the shop speaks, else English.

What they read of ours (the shop's pages, the mails we owe them) stands in `retention/locale` in every language named here; `./run messages`
keeps it complete. The dashboard stays in English.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "ja")
LAST_RESORT = "en"


def ways(*languages: str) -> tuple[str, ...]:
    """Return by which names a text is looked for, in order: "pt-BR" is answered by "pt-br", else by "pt"; English comes last."""
    names = [language.lower().replace("_", "-") for language in languages]
    return tuple(dict.fromkeys([*(way for name in names for way in (name, name.partition("-")[0]) if way), LAST_RESORT]))


@contextmanager
def speaking(*languages: str) -> Iterator[None]:
    """Let what is translated inside come in the first of these languages that we have. languages: as people or shops name them, or ""."""
    with translation.override(next(way for way in ways(*languages) if way in LANGUAGES)):
        yield


def accepted_by(request: HttpRequest) -> list[str]:
    """Return the languages a browser asks for, most wanted first; for pages where we do not know who reads them."""
    return [language for language, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", ""))]

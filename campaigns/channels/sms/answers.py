"""What people are told about stopping, in the language they were written to in: texts for their phones, not for our pages. Pure."""

from campaigns.channels.sms.stopping import HELP, START, STOP

_HINTS = {
    "en": "Reply STOP to opt out", "de": "Abmelden mit STOP", "fr": "STOP pour se désabonner", "es": "Responde BAJA para no recibir más",
    "it": "Rispondi STOP per non riceverne più", "pt": "Responda SAIR para cancelar", "nl": "Antwoord STOP om te stoppen",
    "ja": "配信停止は STOP と返信",
}  # fmt: skip
_LINKS = {
    "en": "Opt out: %(url)s", "de": "Abmelden: %(url)s", "fr": "Se désabonner : %(url)s", "es": "Darse de baja: %(url)s",
    "it": "Per non riceverne più: %(url)s", "pt": "Cancelar: %(url)s", "nl": "Afmelden: %(url)s", "ja": "配信停止: %(url)s",
}  # fmt: skip
_ANSWERS = {
    STOP: {
        "en": "%(shop)s: You will get no more messages from us. Reply START to get them again.",
        "de": "%(shop)s: Sie erhalten keine Nachrichten mehr von uns. Mit START geht es weiter.",
        "fr": "%(shop)s : vous ne recevrez plus de messages. Répondez START pour reprendre.",
        "es": "%(shop)s: ya no recibirás mensajes. Responde ALTA para volver a recibirlos.",
        "ja": "%(shop)s: 今後メッセージは届きません。再開するには START と返信してください。",
    },
    HELP: {
        "en": "%(shop)s: You get messages because you allowed it. Reply STOP to opt out. %(web)s",
        "de": "%(shop)s: Sie haben Nachrichten von uns erlaubt. Abmelden mit STOP. %(web)s",
        "fr": "%(shop)s : vous avez accepté nos messages. Répondez STOP pour vous désabonner. %(web)s",
        "es": "%(shop)s: recibes mensajes porque lo permitiste. Responde BAJA para no recibir más. %(web)s",
        "ja": "%(shop)s: 許可をいただいてお送りしています。停止は STOP と返信してください。%(web)s",
    },
    START: {
        "en": "%(shop)s: You get our messages again. Reply STOP to opt out.",
        "de": "%(shop)s: Sie erhalten wieder Nachrichten von uns. Abmelden mit STOP.",
        "fr": "%(shop)s : vous recevez à nouveau nos messages. Répondez STOP pour vous désabonner.",
        "es": "%(shop)s: vuelves a recibir nuestros mensajes. Responde BAJA para no recibir más.",
        "ja": "%(shop)s: メッセージの配信を再開しました。停止は STOP と返信してください。",
    },
}  # fmt: skip


def hint(*, language: str, url: str = "") -> str:
    """Return how one stops these messages, for their end. url: where, when the sender takes no replies."""
    words = _of(_LINKS if url else _HINTS, language)
    return words % {"url": url} if url else words


def answer(word: str, *, shop: str, web: str, language: str) -> str:
    """Return what is answered to STOP, HELP or START. web: the shop's address on the web, or nothing."""
    return (_of(_ANSWERS[word], language) % {"shop": shop, "web": web}).strip()


def _of(texts: dict[str, str], language: str) -> str:
    return texts.get(language.lower().partition("-")[0].partition("_")[0], texts["en"])

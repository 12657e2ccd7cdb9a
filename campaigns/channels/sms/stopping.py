"""What a reply asks for: STOP, HELP or START, in the words people use for it. Pure. Source: reliability guide S43; Twilio's defaults.

A reply counts when nothing but the word is left once signs, accents, case and politeness are taken away: "Pls STOP!!" is one,
"do not stop" and "stop by tomorrow" are none.
"""

import re
import unicodedata

STOP, HELP, START = "stop", "help", "start"

_WORDS = {
    STOP: """
        stop stopall stopp stoppen stopped unsubscribe unsub cancel end quit revoke optout optoutall remove removeme
        abmelden abbestellen abbestellung austragen keinesms kündigen
        arret arrêter arrêt desabonner désabonnement désinscrire désinscription
        parar pare baja bajar dardebaja darmedebaja alto cancelar detener detente salir anular sair descadastrar remover
        ferma fermare basta disiscrivi disiscrivimi annulla cancella cancellami afmelden uitschrijven stopzetten
        koniec wypisz rezygnuję rezygnacja avsluta stoppa avregistrera avmeld afmeld slutt frameld lopeta peruuta seis
        停止 停止する 配信停止 解除 配信解除 ストップ 中止 やめて 止めて 退会
        退订 退訂 取消 取消订阅 取消訂閱 停 td 중지 수신거부 거부 해지 정지
        стоп отписаться отписка отмена отпишите відписатися відписка скасувати dur iptal ret توقف إيقاف الغاء إلغاء قف عصر הסר עצור הפסק
        रोकें रोको बंद στοπ διακοπη διαγραφη zrušit odhlásit stopni ukončit leiratkozás leállít oprește dezabonare dezabonează
        huỷ dừng berhenti หยุด ยกเลิก спри отказ prekini odjava zaustavi katkesta lõpeta
    """,
    HELP: """
        help info information hilfe auskunft aide ayuda ajuda aiuto hulp pomoc hjälp hjælp hjelp apua ヘルプ 助けて 帮助 幫助 도움 도움말
        помощь допомога yardım مساعدة עזרה मदद βοηθεια segítség ajutor bantuan ช่วยเหลือ
    """,
    START: """
        start yes unstop optin resume starten anmelden reprendre recommencer démarrer iniciar reiniciar alta comenzar
        começar inizia riprendi hervatten wznów börja aloita 開始 再開 スタート 开始 開始訂閱 시작 재개 старт начать başla ابدأ התחל शुरू
    """,
}
_POLITE = """
    pls please plz plss thanks thank thx ty you u now it me this
    these the all any my your sending texting texts text messages message msgs msg
    sms immediately asap again kindly just from to number list contacting
    bitte danke sofort mir schicken senden keine mehr svp sil vous
    plait merci maintenant porfavor por favor gracias ya mensajes mensagens obrigado
    obrigada per favore grazie subito alstublieft aub proszę dziękuję tack takk tak kiitos пожалуйста спасибо будь ласка lütfen
    ください お願いします お願い して 请 請 주세요 해주세요
"""
_SIGNS = frozenset("🛑✋⛔🚫🙅🤚🖐🔕⏹")
_ASKING = frozenset("?？❓❔")
_TOKEN = re.compile(r"[^\W_]+")
LONGEST_READ = 80


def _folded(text: str) -> str:
    """Return a text without case, accents and widths, the same for the tables and for what people write."""
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(sign for sign in bare if not unicodedata.category(sign).startswith("M"))


_MEANING = {_folded(word): kind for kind, words in _WORDS.items() for word in words.split()}
_FILLING = frozenset(_folded(word) for word in _POLITE.split()) - _MEANING.keys()
_CASELESS = frozenset(word for word in _WORDS[STOP].split() if word.upper() == word.lower() and len(word) > 1)


def read_word(text: str) -> str:
    """Return "stop", "help" or "start" for a reply that asks for it and for nothing else; else nothing."""
    words = _TOKEN.findall(_folded(text[: LONGEST_READ + 1]))
    if len(text) > LONGEST_READ:
        return ""
    if not words:
        signs = set(text)
        return STOP if signs & _SIGNS else HELP if signs & _ASKING else ""
    told = list(dict.fromkeys(words))
    return _MEANING.get("".join(told)) or _MEANING.get("".join(word for word in told if word not in _FILLING)) or _spelled(words)


def _spelled(words: list[str]) -> str:
    """Read a word whose letters stand apart: S T O P."""
    return _MEANING.get("".join(words), "") if all(len(word) == 1 for word in words) else ""


def says_how_to_stop(text: str) -> bool:
    """Say whether a text names a word that stops it, written large as in "Reply STOP", or one of a script without large letters."""
    large = (word for word in _TOKEN.findall(text) if word.isupper() and len(word) > 2)
    return any(_MEANING.get(_folded(word)) == STOP for word in large) or any(word in text for word in _CASELESS)

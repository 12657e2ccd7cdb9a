"""The ready-made mails, campaigns and recovery messages in German, sentence by sentence: what stands in English, what a shop would write.

People are addressed as "Sie". Where we know no name the greeting stands without one. A text that is missing here leaves its whole message
in English (`spoken.py`), so no message is half and half.
"""

from campaigns.personalization.ready.shell import NAME

_HELLO = "Guten Tag{% if profile.first_name != blank %} {{ profile.first_name }}{% endif %}"
_COMMA_NAME = "{% if profile.first_name != blank %}, {{ profile.first_name }}{% endif %}"

_MAILS = {
    "News from {{ shop.name }}": "Neues von {{ shop.name }}",
    "What is new this month, and a few things picked for you.": "Was es diesen Monat Neues gibt, und eine kleine Auswahl für Sie.",
    "NEWS": "NEUIGKEITEN",
    "What is new this month": "Neu in diesem Monat",
    f"Hello {NAME}, here is what we have been working on.": f"{_HELLO}, das hat uns in den letzten Wochen beschäftigt.",
    "Something worth telling": "Etwas, das wir Ihnen erzählen möchten",
    "Write two or three sentences here: what has changed, why it matters, and what somebody can do with it.": (
        "Schreiben Sie hier zwei oder drei Sätze: was sich geändert hat, warum das wichtig ist und was Ihre Kundschaft davon hat."
    ),
    "Have a look": "Jetzt ansehen",
    "Picked for you": "Für Sie ausgewählt",
    "Just in at {{ shop.name }}": "Neu eingetroffen bei {{ shop.name }}",
    "New on the shelf, and you see it first.": "Neu im Sortiment, und Sie sehen es zuerst.",
    "JUST IN": "NEU EINGETROFFEN",
    "New on the shelf": "Neu im Sortiment",
    f"Hello {NAME}, there is something new, and you see it first.": f"{_HELLO}, es gibt Neues, und Sie sehen es zuerst.",
    "We only keep what we would buy ourselves. Come and see what made it this time.": (
        "Wir nehmen nur auf, was wir selbst kaufen würden. Sehen Sie, was es diesmal geworden ist."
    ),
    "Just arrived": "Gerade eingetroffen",
    "See all that is new": "Alle Neuheiten ansehen",
    "Happy birthday, {{ profile.first_name | default: 'friend' }}": f"Herzlichen Glückwunsch zum Geburtstag{_COMMA_NAME}",
    f"Happy birthday, {NAME}": f"Herzlichen Glückwunsch zum Geburtstag{_COMMA_NAME}",
    "All of us wish you a good year.": "Wir alle wünschen Ihnen ein gutes neues Lebensjahr.",
    "Thank you for being with us. Take your time today, and treat yourself to something you like.": (
        "Danke, dass Sie bei uns sind. Nehmen Sie sich heute Zeit und gönnen Sie sich etwas, das Ihnen Freude macht."
    ),
    "Choose something": "Etwas aussuchen",
    "You might like these": "Das könnte Ihnen gefallen",
    "What you looked at is back at {{ shop.name }}": "Wieder da bei {{ shop.name }}: was Sie sich angesehen haben",
    "Back on the shelf, as long as it lasts.": "Wieder lieferbar, solange der Vorrat reicht.",
    "It is here again": "Es ist wieder da",
    "What you looked at": "Das haben Sie sich angesehen",
    f"Hello {NAME}, what you looked at can be bought again.": (f"{_HELLO}, was Sie sich angesehen haben, können Sie wieder bestellen."),
    "Get it now": "Jetzt bestellen",
    "It went quickly last time. We cannot keep one for you, but we wanted you to know early.": (
        "Beim letzten Mal war es schnell vergriffen. Reservieren können wir leider nicht, aber Sie sollten es früh erfahren."
    ),
    "Something you looked at costs less now": "Was Sie sich angesehen haben, kostet jetzt weniger",
    "The price went down.": "Der Preis ist gesunken.",
    "The price went down": "Der Preis ist gesunken",
    f"Hello {NAME}, something you looked at costs less now.": f"{_HELLO}, etwas, das Sie sich angesehen haben, kostet jetzt weniger.",
    "See the new price": "Neuen Preis ansehen",
    "Prices are as of now; the shop always has the last word.": "Preise mit Stand von jetzt; es gilt der Preis im Shop.",
    "{{ profile.first_name | default: 'Hello' }}, your basket is still here": (
        "{% if profile.first_name != blank %}{{ profile.first_name }}, Ihr{% else %}Ihr{% endif %} Warenkorb ist noch da"
    ),
    "Nothing is lost: it is just as you left it.": "Nichts ist verloren: Er ist so, wie Sie ihn verlassen haben.",
    "It is just as you left it": "Ihr Warenkorb ist noch da",
    f"Hello {NAME}, you left something behind. Nothing is lost.": f"{_HELLO}, in Ihrem Warenkorb liegt noch etwas. Nichts ist verloren.",
    "Back to my basket": "Zum Warenkorb",
    "Is anything unclear? Answer this mail; a person reads it.": (
        "Ist noch etwas offen? Antworten Sie einfach auf diese E-Mail; sie wird von einem Menschen gelesen."
    ),
    "Welcome to {{ shop.name }}": "Willkommen bei {{ shop.name }}",
    "Good to have you here. This is what to expect.": "Schön, dass Sie da sind. Das erwartet Sie.",
    "WELCOME": "WILLKOMMEN",
    f"Good to have you here, {NAME}": f"Schön, dass Sie da sind{_COMMA_NAME}",
    "You will hear from us when there is something worth your time.": "Sie hören von uns, wenn es etwas gibt, das sich für Sie lohnt.",
    "What to expect": "Das erwartet Sie",
    "<b>News</b>, when there is some.<br />\n<b>First looks</b> at what is new.<br />\n<b>No noise</b>: say stop, we stop.": (
        "<b>Neuigkeiten</b>, wenn es welche gibt.<br />\n<b>Erste Einblicke</b> in neue Produkte.<br />\n"
        "<b>Keine Werbeflut</b>: Sie sagen Stopp, wir hören auf."
    ),
    "Look around": "In Ruhe umsehen",
    "What others like": "Beliebt bei anderen",
    "It has been a while, {{ profile.first_name | default: 'friend' }}": f"Lange nichts gehört{_COMMA_NAME}",
    "A few things have changed since you were here.": "Seit Ihrem letzten Besuch hat sich einiges getan.",
    "LONG TIME NO SEE": "SCHÖN, SIE WIEDERZUSEHEN",
    f"It has been a while, {NAME}": f"Wir haben uns lange nicht gesehen{_COMMA_NAME}",
    "What fits you today": "Was heute zu Ihnen passt",
    "Come and see": "Jetzt entdecken",
    "Not interested any more? Tell us below, and we write less often, or not at all.": (
        "Kein Interesse mehr? Sagen Sie es uns unten, dann schreiben wir seltener oder gar nicht mehr."
    ),
}
_RECOVERY = {
    "Still here for you": "Noch für Sie da",
    "What you looked at is where you left it.": "Was Sie sich angesehen haben, ist noch da.",
    "{{ shop.name }}: what you chose is still there for you. {{ shop.web_address }}": (
        "{{ shop.name }}: Was Sie ausgesucht haben, ist noch für Sie da. {{ shop.web_address }}"
    ),
    "Your basket is as you left it": "Ihr Warenkorb ist noch da",
    "Nothing is lost.": "Nichts ist verloren.",
    f"Hello {NAME}, here is what you chose. It takes one step to have it.": (
        f"{_HELLO}, das haben Sie ausgesucht. Bis zur Bestellung ist es nur noch ein Schritt."
    ),
    "Can we help you decide?": "Können wir Ihnen bei der Entscheidung helfen?",
    "Ask us anything about what you looked at. We answer today.": (
        "Fragen Sie uns alles zu dem, was Sie sich angesehen haben. Wir antworten noch heute."
    ),
    "Is it still on your mind?": "Denken Sie noch darüber nach?",
    "What you looked at last.": "Was Sie sich zuletzt angesehen haben.",
    f"Hello {NAME}, this is what you looked at last.": f"{_HELLO}, das haben Sie sich zuletzt angesehen.",
    "Have another look": "Noch einmal ansehen",
    "Questions before you decide?": "Noch Fragen vor der Entscheidung?",
    "Answer this mail, and a person writes back.": "Antworten Sie auf diese E-Mail, und ein Mensch schreibt zurück.",
    f"Hello {NAME}, you took your time, and that is right. Tell us what you would like to know.": (
        f"{_HELLO}, Sie nehmen sich Zeit, und das ist richtig so. Sagen Sie uns, was Sie noch wissen möchten."
    ),
    "To the shop": "Zum Shop",
    "Delivery, returns, sizes, or which one suits you: answer this mail, and a person writes back.": (
        "Lieferung, Rückgabe, Größen oder was zu Ihnen passt: Antworten Sie auf diese E-Mail, und ein Mensch schreibt zurück."
    ),
    "Something off your basket": "Ein Nachlass auf Ihren Warenkorb",
    "A code of your own.": "Ein Code nur für Sie.",
    f"Hello {NAME}, your basket waits, and this makes it cheaper.": f"{_HELLO}, Ihr Warenkorb wartet, und damit wird er günstiger.",
    "Use it now": "Jetzt einlösen",
    "Your code<br />\n<b>{{ coupon.code }}</b>": "Ihr Code<br />\n<b>{{ coupon.code }}</b>",
    "About the shipping cost": "Zu den Versandkosten",
    "Your basket is still there.": "Ihr Warenkorb ist noch da.",
    f"Hello {NAME}, you stopped where the shipping cost shows. Your basket is still there.": (
        f"{_HELLO}, Sie haben Ihre Bestellung bei den Versandkosten unterbrochen. Ihr Warenkorb ist noch da."
    ),
    "If you have a question about delivery, answer this mail.": "Haben Sie Fragen zur Lieferung? Antworten Sie einfach auf diese E-Mail.",
    "Your payment did not go through": "Ihre Zahlung hat nicht geklappt",
    "Nothing was taken.": "Es wurde nichts abgebucht.",
    f"Hello {NAME}, nothing was taken, and your basket is still there. Another way to pay often helps.": (
        f"{_HELLO}, es wurde nichts abgebucht, und Ihr Warenkorb ist noch da. Oft hilft eine andere Zahlungsart."
    ),
    "Try again": "Erneut versuchen",
    "What you wanted is back": "Ihr Wunschartikel ist wieder da",
    f"Hello {NAME}, {{{{ event.name | default: 'what you wanted' }}}} can be bought again. It was sold out when you looked at it.": (
        f"{_HELLO}, {{{{ event.name | default: 'Ihr Wunschartikel' }}}} ist wieder lieferbar. Bei Ihrem Besuch war der Artikel ausverkauft."
    ),
}
_CAMPAIGNS = {
    f"Hello {NAME},\n\nhere is what we have been working on.": f"{_HELLO},\n\ndas hat uns in den letzten Wochen beschäftigt.",
    "what is new this month.": "Das ist neu in diesem Monat.",
    f"Hello {NAME},\n\nthere is something new on the shelf, and you see it first.": f"{_HELLO},\n\nes gibt Neues, und Sie sehen es zuerst.",
    "See what is new": "Neuheiten ansehen",
    "something new is on the shelf, and you see it first.": "Es gibt Neues, und Sie sehen es zuerst.",
    "It is your day": "Heute ist Ihr Tag",
    f"Hello {NAME},\n\nall of us wish you a good year.": f"{_HELLO},\n\nwir alle wünschen Ihnen ein gutes neues Lebensjahr.",
    "happy birthday, {{ profile.first_name | default: 'friend' }}. All of us wish you a good year.": (
        f"Herzlichen Glückwunsch zum Geburtstag{_COMMA_NAME}. Wir alle wünschen Ihnen ein gutes neues Lebensjahr."
    ),
    "It is back": "Es ist wieder da",
    "Back on the shelf": "Wieder lieferbar",
    f"Hello {NAME},\n\nwhat you looked at is here again.": f"{_HELLO},\n\nwas Sie sich angesehen haben, ist wieder da.",
    "what you looked at is here again.": "Was Sie sich angesehen haben, ist wieder da.",
    "Now for less": "Jetzt günstiger",
    f"Hello {NAME},\n\nsomething you looked at costs less now.": (
        f"{_HELLO},\n\netwas, das Sie sich angesehen haben, kostet jetzt weniger."
    ),
    "something you looked at costs less now.": "Etwas, das Sie sich angesehen haben, kostet jetzt weniger.",
}
GERMAN = _MAILS | _RECOVERY | _CAMPAIGNS

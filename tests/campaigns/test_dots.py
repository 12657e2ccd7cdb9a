"""Lines of a mail that begin with a dot arrive as they are, whichever way the mail was made; none of them ends it."""

from typing import Any

import pytest

from retention.customers.models import Customer
from retention.kit import clock
from tests.campaigns.crowd import make_ready, make_version
from tests.campaigns.story import send

pytestmark = pytest.mark.django_db
FOOT, LONG = '\n<a href="{{ unsubscribe_url }}">no</a>', "<p>" + "x" * 500 + "</p>"
SMUGGLED = "\n.\nMAIL FROM:<evil@example.test>\nRCPT TO:<bo@example.test>\nDATA\n"


@pytest.mark.parametrize(
    ("html", "text", "city"),
    [
        ("<p>a</p>\n.short", "hi", "Berlin"),
        (f"{LONG}\n.long\n{LONG}", "hi", "Berlin"),
        (f"{LONG}\n.\n{LONG}", "hi\n.\nyou", "Berlin"),
        ('.first <a href="https://lumen.example.test/">.a</a>\n.b', ".first", "Berlin"),
        (f"{LONG}\n{{{{ profile.city }}}}", "{{ profile.city }}", ".dot"),
        (f"{LONG} {{{{ profile.city }}}}", "{{ profile.city }}", SMUGGLED),
        (f"{LONG} {{{{ profile.city }}}}", "{{ profile.city }}", SMUGGLED.replace("\n", "\r\n")),
        (f"{LONG} {{{{ profile.city }}}}", "{{ profile.city }}", SMUGGLED.replace("\n", "\r")),
    ],
)
def test_a_line_that_begins_with_a_dot_arrives(store: Any, sink: Any, html: str, text: str, city: str) -> None:
    make_ready(1, now=clock.now(), version=make_version(subject="Hi", html=html + FOOT, text=text))
    Customer.objects.update(city=city)
    send(store, now=clock.now())
    assert len(sink.accepted) == len(sink.recipients) == 1
    shown = city.replace("\r\n", "\n").replace("\r", "\n")
    for kind, source in (("html", html), ("plain", text)):
        arrived = sink.accepted[0].get_body((kind,)).get_content().replace("&lt;", "<").replace("&gt;", ">")
        arrived = arrived.replace("\r\n", "\n").replace("\r", "\n")
        for line in source.replace("{{ profile.city }}", shown).split("\n"):
            if line and "href" not in line and "@" not in line:
                assert line in arrived.split("\n"), (kind, line)

"""No mail brings a second one with it: whatever a template writes, what a relay gets is one mail in whole lines."""

from typing import Any

import pytest
from msgspec import msgpack

from campaigns.channels.email.providers.smtp import stuffed
from campaigns.models import Connection
from campaigns.personalization.fast.emitting import Targets
from campaigns.personalization.fast.surprises import Surprise
from campaigns.personalization.render import Rendered
from campaigns.personalization.tracking import may_link, meant_by
from campaigns.sending import lines
from campaigns.sending.told import Told, read_answer
from retention.customers.models import Customer
from retention.kit import clock
from tests.campaigns.crowd import make_ready, make_version
from tests.campaigns.relay import Relay, serving
from tests.campaigns.story import send

LONG = (
    "https://lumen.example.test/{{ profile.city }}?utm_source=a&amp;utm_medium=b&amp;utm_campaign=c&amp;x=" + 5 * f"{880 * 'y'}&#13;&#10;"
)
FOOT = '<a href="{{ unsubscribe_url }}">no</a>'
HOSTS = frozenset({"lumen.example.test"})


def second_mail(end: str) -> str:
    """Return what ends the mail for a relay that takes `end` for a line end, and a second mail behind it."""
    commands = ("MAIL FROM:evil@example.test", "RCPT TO:bo@example.test", "DATA", "Subject: x", "", "")
    return f"{end}.&#13;&#10;{'&#13;&#10;'.join(commands)}"


@pytest.mark.django_db
@pytest.mark.parametrize("city", ["Berlin", "Ber\rlin"], ids=["program", "slow reading"])
@pytest.mark.parametrize("end", ["&#10;", "&#13;", "&#13;&#10;"])
@pytest.mark.parametrize("address", [LONG, LONG.replace("{{ profile.city }}", "a")], ids=["value", "fixed"])
def test_a_link_brings_no_second_mail(store: Any, address: str, end: str, city: str) -> None:
    html = f'<p>{{{{ profile.city }}}}</p>\n<a href="{address}{second_mail(end)}">x</a>\n{FOOT}'
    make_ready(1, now=clock.now(), version=make_version(subject="Hi", html=html))
    Customer.objects.update(city=city)
    relay = Relay()
    with serving(relay) as port:
        Connection.objects.create(
            channel="email",
            provider="smtp",
            name="SMTP",
            settings={"host": "127.0.0.1", "port": port, "security": "none"},
            from_address="hello@lumen.example.test",
        )
        send(store, now=clock.now())
        lines.close_all()
    assert relay.accepted == [Customer.objects.get().email.partition("@")[0]]
    assert [line for line in relay.lines if not line.endswith(b"\r\n") or b"\r" in line[:-2]] == []
    assert [line for line in relay.lines if not line.isascii()] == []
    assert not any(line.startswith((b"MAIL FROM", b"RCPT TO", b"DATA")) for line in relay.lines)


@pytest.mark.parametrize("sign", ["\0", "\t", "\n", "\r", "\x1f", "\x7f"])
def test_an_address_with_a_control_character_leads_nowhere(sign: str) -> None:
    assert may_link("https://lumen.example.test/a", hosts=HOSTS)
    assert not may_link(f"https://lumen.example.test/a{sign}b", hosts=HOSTS)


def test_a_program_writes_no_address_in_special_characters() -> None:
    targets = Targets((), HOSTS)
    assert len(targets[f"https://lumen.example.test/{4000 * 'x'}"]) > 4000
    with pytest.raises(Surprise):
        targets[f"https://lumen.example.test/{4000 * '&eacute;'}"]


@pytest.mark.parametrize(("piece", "dotless"), [("a\r\nb", True), ("a\nb", False), ("a\rb", False), ("a\r\n.b", False)])
def test_a_piece_with_half_a_line_end_is_looked_through_before_it_leaves(*, piece: str, dotless: bool) -> None:
    told = Told()
    own = read_answer(msgpack.encode(("s", [piece], "t", [], None)), told)
    fixed = read_answer(msgpack.encode(("s", [0], "t", [], (True, [], [([piece], [])]))), told)
    assert [isinstance(one, Rendered) and (one.pieces, one.dotless) for one in (own, fixed)] == 2 * [((piece.encode(),), dotless)]


def test_lines_are_made_whole_before_dots_are_doubled() -> None:
    assert stuffed(b"a\n.\r\nb\r.\nc\r\r\n.d\n") == b"a\r\n..\r\nb\r\n..\r\nc\r\n\r\n..d\r\n"
    assert stuffed(b"a\r\nb\r\n") == b"a\r\nb\r\n"


def test_a_link_that_is_wrapped_leads_where_it_did() -> None:
    assert meant_by("https://lumen.example.test/a\r\n\tb", (), HOSTS) == "https://lumen.example.test/ab"

"""A mail in pieces is, byte for byte, the mail that rendering, link by link replacement and encoding make in turn."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from liquid.exceptions import LiquidError

from campaigns.channels.email.mime import Mail, build
from campaigns.personalization.fast.closures import compiled
from campaigns.personalization.fast.mail import Letter, Linked
from campaigns.personalization.fast.wire import filled
from campaigns.personalization.render import environment
from campaigns.personalization.tracking import MOST_LINKS, address_of, hosts_of, track

BASE, LEAVE = "https://b.example.test/c/k1.to-ken.", "https://b.example.test/u/1?a=1&b=2"
PROOFS = "".join(f"p{position:05}" for position in range(MOST_LINKS))
UTM = {"utm_source": "boomerang", "utm_campaign": "campaign-1"}
VALUES: dict[str, Any] = {
    "url": "https://lumen.example.test/p?a=1&b=2",
    "other": "https://evil.example.test/",
    "name": "Zoë <a href='x'> \"q\"",
    "plain": "Mug",
    "leave": LEAVE,
    "lines": [{"url": f"https://lumen.example.test/p/{n}", "name": f"Cup {n}"} for n in range(3)],
    "breaks": "one\ntwo",
    "carriage": "one\r\ntwo",
    "long": "x" * 990,
    "number": 7,
    "zero": 0,
    "yes": True,
    "no": False,
    "nil_value": None,
    "none_of_them": [],
    "sly": "see href=",
    "half": "hre",
    "products": {"a": {"name": "Zoë's cup", "url": "https://lumen.example.test/p/a"}, "b": {"name": "", "url": ""}},
}
CHUNKS = (
    '<a href="https://lumen.example.test/a?x=1&amp;y=2">A</a>',
    '<a class="b" href="{{ url }}" style="c">{{ plain }}</a>',
    '<a href="{{ other }}">{{ name }}</a>',
    '<a href="{{ leave }}">no</a>',
    '<a href="https://lumen.example.test/{{ plain }}/{{ plain }}?x=1">B</a>',
    '<img src="{{ url }}" alt="">',
    '<link href="https://lumen.example.test/c">',
    '<link href="{{ url }}"><a href="x">',
    '<A href="mailto:a@example.test">m</A>',
    "<p>{{ name }} ü</p>\n",
    "{{ breaks }}",
    "{{ plain }}",
    '{% for line in lines %}<a href="{{ line.url }}">{{ line.name }}</a>\n{% endfor %}',
    '{% if plain %}<a href="https://lumen.example.test/if">{% endif %}',
    '{% unless plain %}<a href="https://lumen.example.test/never">{% endunless %}',
    "{% capture x %}<a href=\"{{ url }}\">c</a>{% endcapture %}{{ x }}",
    '{% case plain %}{% when "Mug" %}<a href="https://lumen.example.test/case">k</a>{% endcase %}',
    '<a href="',
    '"',
    ">",
    "<",
    "<a ",
    "href=",
    '<a title="{{ plain }}" ',
    'href="https://lumen.example.test/z">',
    '{% assign plain = url | append: "#x" %}',
    '<a href="{% if yes %}https://lumen.example.test/one{% else %}https://lumen.example.test/two{% endif %}">t</a>',
    '<td colspan="{% if name != blank %}1{% endif %}">',
    "https://lumen.example.test/text/{{ plain }} ",
    "https://lumen.example.test/text",
    "http",
    "s://lumen.example.test/",
    "\n",
    " ",
    "é",
)  # fmt: skip


def whole(html: str, text: str, *, fixed: tuple[str, ...]) -> tuple[bytes, tuple[str, ...]]:
    """Make a mail the long way. fixed: the template's own links, which have the first positions."""
    readable = html[: html.rfind("</style") + 1].isascii()
    rendered = [
        compiled(environment(autoescape=True).from_string(html), references=readable)(VALUES),
        compiled(environment(autoescape=False).from_string(text))(VALUES),
    ]
    hosts = hosts_of(html, text, web_address="https://lumen.example.test")
    ours = {"make_url": lambda position: address_of(BASE, position, PROOFS), "utm": UTM, "leave": frozenset({LEAVE})}
    tracked = track(*rendered, hosts=hosts, known=fixed, **ours)
    return _bytes(tracked.html, tracked.text), tracked.targets


def in_pieces(html: str, text: str) -> list[tuple[bytes, tuple[str, ...], Linked]]:
    """Make the same mail from pieces, by programs and by closures: the second one of its template, so that everything fixed is known."""
    letter = letter_of(html, text)
    made = []
    for write in (letter.write, letter.by_closures):
        write(VALUES, subject="s", base="https://another.example.test/c/longer-than-the-other.", proofs=PROOFS[::-1], leave=frozenset())
        linked = write(VALUES, subject="s", base=BASE, proofs=PROOFS, leave=frozenset({LEAVE}))
        found = linked.html
        pieces = found if isinstance(found, str) else tuple(_piece(one, letter).encode() for one in found)
        said = linked.text
        text = said if isinstance(said, str) else "".join(_piece(one, letter) for one in said)
        made.append((_bytes(pieces, text), letter.fixed + linked.targets, linked))
    return made


def letter_of(html: str, text: str) -> Letter:
    """Compile a template."""
    readable = html[: html.rfind("</style") + 1].isascii()
    parsed = environment(autoescape=True).from_string(html), environment(autoescape=False).from_string(text)
    return Letter(*parsed, utm=UTM, hosts=hosts_of(html, text, web_address="https://lumen.example.test"), readable=readable)


def _piece(one: int | str, letter: Letter) -> str:
    if isinstance(one, str):
        return one
    texts, positions = letter.new[one]
    return filled(texts, [address_of(BASE, position, PROOFS) for position in positions])


def _bytes(html: str | tuple[bytes, ...], text: str) -> bytes:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    return build(Mail("id", "b.example.test", "Lumen", "a@example.test", "", "b@example.test", "s", text, html, moment))


def same(html: str, text: str) -> Linked | None:
    """Check that all ways give the same bytes and targets; None for what is no Liquid: then each refuses it."""
    try:
        whole(html, text, fixed=())
    except LiquidError as error:
        with pytest.raises(type(error)):
            in_pieces(html, text)
        return None
    expected, targets = whole(html, text, fixed=letter_of(html, text).fixed)
    (first, first_targets, linked), (second, second_targets, _) = in_pieces(html, text)
    assert (first, first_targets) == (expected, targets)
    assert (second, second_targets) == (expected, targets)
    return linked


@pytest.mark.parametrize("chunk", CHUNKS)
def test_each_by_itself(chunk: str) -> None:
    assert same(f"<p>{chunk}</p>", chunk)


def test_fixed_links_have_the_same_place_in_every_mail() -> None:
    own, rest = '{% for line in lines %}<a href="{{ line.url }}">x</a>{% endfor %}', '<a href="https://lumen.example.test/z">z</a>'
    html = f'<a href="https://lumen.example.test/a">a</a>{own}{{% if plain %}}{rest}{{% endif %}}<a href="tel:1">call</a>'
    letter = letter_of(html, "See https://lumen.example.test/t and {{ url }}")
    for count in (3, 0, 1):
        lines: list[Any] = VALUES["lines"][:count]
        for write in (letter.by_programs, letter.by_closures):
            linked = write(VALUES | {"lines": lines}, subject="s", base=BASE, proofs=PROOFS, leave=frozenset({LEAVE}))
            assert [target.partition("?")[0].rpartition("/")[2] for target in letter.fixed] == ["a", "z", "t"]
            assert [target.partition("?")[0].rpartition("/")[2] for target in linked.targets] == [*"012"[: len(lines)], "p"]
            assert linked.text == f"See {BASE}2.p00002 and {BASE}{3 + len(lines)}.p0000{3 + len(lines)}"
            assert f'<a href="{BASE}1.p00001">z</a>' in "".join(_piece(one, letter) for one in linked.html)


def test_a_plain_text_with_many_links_travels_in_pieces() -> None:
    shelves = "\n".join(f"Shelf {number} 100%: https://lumen.example.test/s/{number}" for number in range(8))
    linked = same("<p>x</p>", f"Hello {{{{ name }}}}\n{shelves}\n{{{{ url }}}} {{{{ leave }}}}\n")
    assert linked is not None
    assert isinstance(linked.text, list)
    assert [type(one) for one in linked.text] == [str, int, str]


def test_an_ordinary_mail_travels_in_pieces() -> None:
    row = '<p>ü <a href="https://lumen.example.test/row">row</a></p>\n' * 12
    linked = same(row.join(CHUNKS[:14]), " ".join(CHUNKS[:14]))
    assert linked
    assert isinstance(linked.html, list)
    assert sum(isinstance(one, int) for one in linked.html) > 10


@pytest.mark.parametrize(
    "html",
    [
        '{{ plain }}{% if name %}<a href="{{ url }}">{{ name }}</a>{% elsif plain %}x{% else %}y{% endif %}',
        "{% if nothing.at.all %}x{% else %}y{% endif %}{% unless nothing %}z{% endunless %}",
        "{% for line in lines limit: 2 %}{% if line.name != blank %}{{ line.name | upcase }}{% endif %}{% else %}none{% endfor %}",
        "{% for line in none_of_them %}{{ line }}{% else %}none{% endfor %}",
        "{{ nothing | default: plain }} {{ number }} {{ yes }} {{ nil_value }} {{ lines }} {{ 'x<' | append: name }}",
        '<p title="{{ plain }}">{{ plain | append: "<b>" }}</p><p title="{{ sly }}">x</p><a href="{{ url }}">x</a>',
        '<a {{ plain }} href="{{ url }}">x</a>',
        "{% for line in lines %}{{ forloop.index }}{% endfor %}",
        "{% for line in lines %}{{ line.name }}{% if forloop.last == false %}, {% endif %}{% endfor %}",
        "{% for line in lines %}{% if forloop.first and yes %}{{ line.name }}{% endif %}{% endfor %}",
        "{% for line in lines %}{{ lines[forloop.index0].name }}{% endfor %}",
        "{% for line in lines %}{% unless forloop.last %}{{ line.name | append: forloop.index }}, {% endunless %}{% endfor %}",
        "{{ nothing | default: '<em>friend</em>' }} {{ name | default: '<em>friend</em>' }} {{ name | append: ' & co' }}",
        "{{ plain.size }} {{ lines.first.name }} {{ lines[1].name }} {{ lines | size }}",
        '{% assign chosen = "a,b" | split: "," %}{% for id in chosen %}{% assign one = products[id] %}{% if one %}{{ one.name }}{% endif %}'
        "{% endfor %}",
        '{% assign one = products["c"] %}{% if one %}{{ one.name }}{% else %}sold out{% endif %}',
        "{{ plain }}{% assign plain = 'x' %}{{ plain }}{% for plain in lines %}{{ plain.name }}{% endfor %}{{ plain }}",
        "{% for line in lines %}{% assign number = number | plus: 1 %}{% endfor %}{{ number }}{% if later %}x{% endif %}"
        "{% assign later = name | append: '<b>' %}{{ later }}{% if later %}y{% endif %}",
        "{% for line in lines %}{% for one in lines %}{% if one.url == line.url %}{{ one.name }} {% endif %}{% endfor %}{% endfor %}",
        "{% for line in lines %}{% for line in lines %}{{ line.name }}{% endfor %}{{ line.url }}{% endfor %}",
        "{% if number > zero and plain != blank %}a{% endif %}{% if zero > number or no %}b{% endif %}{% if number >= 7 %}c{% endif %}"
        "{% if plain == 'Mug' %}d{% endif %}{% if plain != 'Mug' %}e{% endif %}{% if number == 7 %}f{% endif %}",
        "{% if yes == 1 %}a{% endif %}{% if number == '7' %}b{% endif %}",
        "{% for one in lines %}{% if one.name == empty %}a{% elsif one.missing == blank %}b{% elsif one.missing != 'x' %}c{% endif %}"
        "{% endfor %}",
        "x{% if plain %} {% else %}\n{% endif %}{% for line in lines %}\n {% endfor %}y{% unless plain %} {% else %}z{% endunless %}",
        "{% if nil_value == blank %}a{% endif %}{% if no == blank %}b{% endif %}{% if none_of_them == blank %}c{% endif %}",
        "{% if nil_value > 1 %}a{% endif %}{% if zero == blank %}b{% endif %}{% if products contains 'a' %}c{% endif %}",
        '<td colspan="{% if url != blank %}1{% elsif plain %}2{% else %}3{% endif %}" class="{% unless no %}ü{% endunless %}">x</td>',
        "{% if zero %}zero is true{% endif %}{% if none_of_them %}so is an empty list{% endif %}{% if no %}no{% endif %}",
    ],
)
def test_values_of_every_kind(html: str) -> None:
    assert same(f"<div>{html}</div>", html)


def test_a_program_is_not_led_astray_by_what_follows_a_value() -> None:
    assert same('<a title="{{ half }}f="https://lumen.example.test/q">x</a><a href="https://lumen.example.test/r">y</a>', "{{ plain }}")
    assert same('{{ half }}f="https://lumen.example.test/q">x</a>', "{{ half }}{{ url }}{{ half }}")


@pytest.mark.parametrize(
    "html",
    [
        "<p>{{ carriage }}</p>",
        "<style>a{content:'é'}</style><p>{{ plain }}</p>",
        '<a HREF="https://lumen.example.test/a">A</a>',
        "<p>" + "x" * 500 + "{{ long }}</p>",
        "".join(f'<a href="https://lumen.example.test/{n}">A</a>' for n in range(201)),
        '{% for n in (1..210) %}<a href="https://lumen.example.test/&eacute;{{ n }}">A</a>\n{% endfor %}',
        '<a href="{{ url }}',
        "<p>one\r",
    ],
)
def test_what_does_not_fit_goes_the_long_way(html: str) -> None:
    linked = same(html, "{{ plain }}")
    assert linked
    assert isinstance(linked.html, str)


@given(st.lists(st.sampled_from(CHUNKS), max_size=8).map("".join), st.lists(st.sampled_from(CHUNKS), max_size=4).map("".join))
@example('<link href="' + '<a href="https://lumen.example.test/z">x</a>', "")
@example('<a href="{{ plain }}<a href="{{ url }}">', "")
def test_any_mail_is_equal(html: str, text: str) -> None:
    same(html, text)

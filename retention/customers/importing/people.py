"""Customers as a kind of import: Klaviyo's headings, every other column a custom attribute, consent only from consent columns.

Nobody is opted in silently: a "Subscribed" counts only when the merchant says where these people agreed, never against a blocked
address, and never against a later "no". A list without such a column is a yes of everybody in it only where the merchant says that
as well. What is brought in triggers nothing.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.customers.addresses import is_address
from retention.customers.attributes import LONGEST
from retention.customers.birthdays import read_birthday, write_birthday
from retention.customers.importing.cells import Manner, Unreadable, read_country, read_day, read_moment
from retention.customers.importing.filing import heading_key
from retention.customers.importing.kinds import ATTRIBUTE, Field, Kind, Plan, Read, Thing, with_headings
from retention.customers.importing.meeting import ALL_BY_EMAIL, WHOLE_NAME, apply_people, compare_people
from retention.customers.importing.reaching import count_reach
from retention.customers.importing.reading import Fault, Run, read_rows
from retention.customers.importing.spoken import FAMILY_NAMES, HEADINGS, NO, WHOLE_NAMES, YES
from retention.customers.models import Customer
from retention.customers.phones import read_phone
from retention.customers.profile import split_name
from retention.kit.words import fold
from retention.kit.zones import ZONES

_FIELDS = (
    Field("email", gettext_lazy("E-mail address"), ("email address",)),
    Field("phone", gettext_lazy("Phone number"), ("phone number", "mobile", "mobile phone", "telephone")),
    Field("external_id", gettext_lazy("Shop's own id"), ("external id", "customer id", "customerid", "user id", "id")),
    Field("first_name", gettext_lazy("First name"), ("firstname", "given name")),
    Field("last_name", gettext_lazy("Last name"), ("lastname", "surname", "family name")),
    Field("gender", gettext_lazy("Gender as stated"), ("sex",)),
    Field("birthday", gettext_lazy("Birthday"), ("birth date", "birthdate", "date of birth")),
    Field("interests", gettext_lazy("Interests, with commas between them"), ()),
    Field("language", gettext_lazy("Language"), ("locale",)),
    Field("zone", gettext_lazy("Time zone"), ("timezone", "time zone")),
    Field("city", gettext_lazy("City"), ("town",)),
    Field("region", gettext_lazy("Region"), ("state", "state region", "province", "county")),
    Field("postcode", gettext_lazy("Postcode"), ("zip", "zip code", "zipcode", "postal code")),
    Field("country", gettext_lazy("Country"), ("country code",)),
    Field("email_consent", gettext_lazy("May we e-mail?"), ("email marketing consent", "email consent", "accepts marketing")),
    Field("email_consent_at", gettext_lazy("May we e-mail: since when"), ("email marketing consent timestamp", "email consent timestamp")),
    Field("sms_consent", gettext_lazy("May we send SMS?"), ("sms marketing consent", "sms consent")),
    Field("sms_consent_at", gettext_lazy("May we send SMS: since when"), ("sms marketing consent timestamp", "sms consent timestamp")),
)
LABELS = {field.key: field.label for field in _FIELDS}
FIELDS = with_headings(_FIELDS, HEADINGS)
LONGEST_ID = 200
MOST_INTERESTS, LONGEST_INTEREST = 50, 80  # as `profile.py` keeps them
AGREED = {"": gettext_lazy("Those of whom a column says so"), ALL_BY_EMAIL: gettext_lazy("Everybody in it agreed to e-mails")}
_TEXTS = ("first_name", "last_name", "gender", "language", "city", "region", "postcode")
_SAID = {
    "subscribed": "granted", **dict.fromkeys(YES, "granted"),
    "unsubscribed": "refused", "suppressed": "refused", **dict.fromkeys(NO, "refused"),
    "never subscribed": "", "never_subscribed": "", "": "",
}  # fmt: skip
_CHANNELS = {"email": "email_consent", "sms": "sms_consent"}
CONSENTS = frozenset(_CHANNELS.values())


class _Left(Exception):
    """A row cannot be read: the field and why."""


def read_people(runs: Iterable[Run | Fault], plan: Plan) -> Iterator[Read]:
    """Yield a person per row."""
    holds_whole_names = _holds_whole_names(plan)
    for row in read_rows(runs):
        if isinstance(row, Fault):
            yield Read(None, [row], 1, row.row)
            continue
        try:
            values = _person(row.cells, plan, holds_whole_names=holds_whole_names)
        except _Left as left:
            field, why = left.args
            yield Read(None, [plan.fault(row.number, field, row.cells, why)], 1, row.number)
            continue
        yield Read(Thing(row.number, _key(values), values), [], 1, row.number)


def _holds_whole_names(plan: Plan) -> bool:
    """Say whether the column of first names may hold whole ones: by its heading, in a file that heads no family names."""
    place = plan.columns.get("first_name")
    if place is None or "last_name" in plan.columns or heading_key(plan.headings[place]) not in WHOLE_NAMES:
        return False
    family = next(field for field in FIELDS if field.key == "last_name")
    headings = {heading_key(heading) for heading in plan.headings}
    return headings.isdisjoint({heading_key(family.key), *family.headings}) and not any(
        stem in heading for heading in headings for stem in FAMILY_NAMES
    )


def _person(cells: Sequence[str], plan: Plan, *, holds_whole_names: bool) -> dict[str, Any]:
    found = {field: cells[place] for field, place in plan.columns.items() if cells[place]}
    values: dict[str, Any] = {"email": found.pop("email", ""), "external_id": found.pop("external_id", "")}
    if holds_whole_names and " " in found.get("first_name", ""):
        values[WHOLE_NAME] = found["first_name"]
        found["first_name"], found["last_name"] = split_name(found["first_name"])
    _check_length("external_id", values["external_id"], LONGEST_ID)
    if values["email"] and not is_address(fold(values["email"])):
        raise _Left("email", _("“%(value)s” is not an e-mail address.") % {"value": values["email"][:60]})
    said = [one for channel in _CHANNELS if (one := _said(channel, found, plan))]
    if values["email"] and plan.options.get("agreed") == ALL_BY_EMAIL and "email_consent" not in plan.columns:
        said.append(["email", "granted", ""])
    for channel in _CHANNELS.values():
        found.pop(channel, None), found.pop(f"{channel}_at", None)
    traits = {field: value for field, cell in found.items() if (value := _trait(field, cell, plan.manner)) not in (None, "")}
    if not (values["email"] or values["external_id"] or traits.get("phone")):
        raise _Left("", _("Nobody can be recognised by this row: it has no e-mail address, no phone number and no id."))
    return values | {"traits": traits, "said": said}


def _check_length(field: str, cell: str, longest: int) -> None:
    if len(cell) > longest:
        raise _Left(field, _("The text is longer than %(count)s characters.") % {"count": longest})


def _trait(field: str, cell: str, manner: Manner) -> Any:
    if field in _TEXTS:
        _check_length(field, cell, getattr(Customer._meta.get_field(field), "max_length", None) or 100)
        return cell
    if field.startswith(ATTRIBUTE):
        _check_length(field, cell, LONGEST)
        return cell
    try:
        return _READERS[field](cell, manner)
    except Unreadable as error:
        raise _Left(field, str(error)) from None


def _phone(cell: str, manner: Manner) -> str:
    number = read_phone(cell, country=manner.country)
    if not number:
        raise Unreadable(_("“%(value)s” is not a phone number.") % {"value": cell[:40]})
    return number


def _birthday(cell: str, manner: Manner) -> str:
    """Return it as `birthdays.py` writes it, so that what is known already reads as the same."""
    if cell.startswith("--"):
        found = read_birthday(cell.replace("/", "-").replace(".", "-"))
    else:
        found = read_birthday(read_day(cell, manner).isoformat())
    if found is None:
        raise Unreadable(_("“%(value)s” is not a birthday.") % {"value": cell[:40]})
    return write_birthday(*found)


def _zone(cell: str, manner: Manner) -> str:
    if cell not in ZONES:
        raise Unreadable(_("“%(value)s” is not a time zone; one looks like Europe/Berlin.") % {"value": cell[:40]})
    return cell


def _interests(cell: str, manner: Manner) -> list[str]:
    words = [word.strip() for word in cell.split(",") if word.strip()]
    if len(words) > MOST_INTERESTS or max(map(len, words), default=0) > LONGEST_INTEREST:
        values = {"count": MOST_INTERESTS, "longest": LONGEST_INTEREST}
        raise Unreadable(_("At most %(count)s interests of up to %(longest)s characters each.") % values)
    return words


_READERS: dict[str, Callable[[str, Manner], Any]] = {
    "phone": _phone,
    "birthday": _birthday,
    "zone": _zone,
    "interests": _interests,
    "country": lambda cell, manner: read_country(cell),
}


def _said(channel: str, found: Mapping[str, str], plan: Plan) -> list[str] | None:
    """Return channel, status and moment as the row says, or None when it says nothing."""
    field = _CHANNELS[channel]
    written = found.get(field, "")
    status = _SAID.get(fold(written))
    if status is None:
        raise _Left(
            field, _("“%(value)s” is neither a yes nor a no. Write Subscribed, Unsubscribed or Never subscribed.") % {"value": written[:40]}
        )
    if not status:
        return None
    moment = found.get(f"{field}_at", "")
    try:
        since = read_moment(moment, plan.manner) if moment else None
    except Unreadable as error:
        raise _Left(f"{field}_at", str(error)) from None
    if since is not None and since > plan.now:
        raise _Left(f"{field}_at", _("“%(value)s” lies ahead.") % {"value": moment[:40]})
    return [channel, status, since.isoformat() if since else ""]


def _key(values: Mapping[str, Any]) -> str:
    if values["email"]:
        return f"e:{fold(values['email'])}"
    return f"x:{values['external_id']}" if values["external_id"] else f"p:{values['traits']['phone']}"


def _missing(columns: Mapping[str, int], options: Mapping[str, str]) -> list[str]:
    faults = []
    if not {"email", "phone", "external_id"} & set(columns):
        faults.append(_("Say which column is the e-mail address, the phone number or the shop's own id."))
    if CONSENTS & set(columns) and not options.get("consent_source", "").strip():
        faults.append(_("A column says who may be written to. Say where these people agreed, or do not read that column."))
    if options.get("agreed") == ALL_BY_EMAIL and not options.get("consent_source", "").strip():
        faults.append(_("You say that everybody in it agreed to e-mails. Say where they did."))
    return faults


def _overlooked(named: Mapping[str, str], options: Mapping[str, str]) -> list[str]:
    """Return why nobody can say that everybody agreed: a column says who did not."""
    if options.get("agreed") != ALL_BY_EMAIL or "email_consent" not in named:
        return []
    values = {"heading": named["email_consent"], "choice": AGREED[""], "field": LABELS["email_consent"]}
    text = _("“%(heading)s” says who may be e-mailed, and who may not. Read it as “%(field)s” and choose “%(choice)s”.")
    return [text % values]


def wants_source(fields: Collection[str], options: Mapping[str, str]) -> bool:
    """Say whether somebody agreed by these fields of columns and these options, so that it has to be said where."""
    return bool(CONSENTS & set(fields)) or options.get("agreed") == ALL_BY_EMAIL


def _remarks(columns: Mapping[str, int], options: Mapping[str, str]) -> list[str]:
    if wants_source(columns, options):
        return []
    return [_("It allows you to write to nobody: no column says who agreed, and you do not say that everybody did.")]


def _tell(totals: Mapping[str, str], currency: str) -> list[tuple[Any, str]]:
    return []


PEOPLE = Kind(
    label=gettext_lazy("Customers"),
    noun=gettext_lazy("people"),
    one=gettext_lazy("person"),
    icon="users",
    fields=FIELDS,
    options=("date_order", "agreed", "consent_source"),
    missing=_missing,
    overlooked=_overlooked,
    remarks=_remarks,
    read=read_people,
    compare=compare_people,
    apply=apply_people,
    title=lambda values: str(values.get("email") or values.get("external_id") or values.get("traits", {}).get("phone", "")),
    tell=_tell,
    settle=count_reach,
    only_counts=True,
    takes_attributes=True,
)

"""A rule read slowly and plainly, straight from the rows: the referee between the two readers. It shares no code with them.

Everything is asked of one customer at a time with Python's own means; nobody would run this for a shop.
"""

import hashlib
import math
import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from retention.customers.consent import address_digest
from retention.customers.models import Attribute, AttributeValue, Consent, Customer, CustomerCounter, CustomerEvent, Suppression
from retention.kit.words import fold
from retention.orders.models import Cart, Order
from segments.models import Postcode, SegmentMember
from tests.segments.world import exact

Json = dict[str, Any]


@dataclass
class Everything:
    """All rows of a store by customer."""

    zone: ZoneInfo
    currency: str
    customers: dict[int, Customer] = field(default_factory=dict)
    rows: dict[tuple[str, int], list[Any]] = field(default_factory=dict)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    places: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def of(self, table: str, customer: Customer) -> list[Any]:
        """Return a customer's rows of a table."""
        return self.rows.get((table, customer.pk), [])


def read_everything(*, zone: ZoneInfo, currency: str) -> Everything:
    """Read the active store."""
    found = Everything(
        zone, currency, {one.pk: one for one in Customer.objects.all()}, {}, {one.key: one for one in Attribute.objects.all()}
    )
    tables: dict[str, Any] = {
        "values": AttributeValue.objects.select_related("attribute"),
        "consents": Consent.objects.all(),
        "events": CustomerEvent.objects.filter(refusal=""),
        "counters": CustomerCounter.objects.select_related("event_name"),
        "orders": Order.objects.prefetch_related("lines"),
        "carts": Cart.objects.all(),
        "members": SegmentMember.objects.select_related("segment"),
    }
    for table, rows in tables.items():
        for row in rows:
            found.rows.setdefault((table, row.customer_id), []).append(row)
    found.places = {(row.country, row.postcode): (row.latitude, row.longitude) for row in Postcode.objects.all()}
    digests = {pk: {address_digest(text) for text in (one.email, one.phone) if text} for pk, one in found.customers.items()}
    for row in Suppression.objects.all():
        for pk in (pk for pk, known in digests.items() if row.address_digest in known):
            found.rows.setdefault(("suppressions", pk), []).append(row)
    return found


def belongs(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    """Say whether a customer belongs to a group or passes a condition."""
    if "join" in node:
        answers = [belongs(one, customer, everything, now) for one in node["rules"]]
        return {"all": all(answers), "any": any(answers), "none": not any(answers)}[node["join"]]
    return bool(globals()[f"_{node['is']}"](node, customer, everything, now))


def _text(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    text = fold(str(getattr(customer, node["field"]) or "").strip())
    return _compare_text(node, text)


def _compare_text(node: Json, text: str) -> bool:
    op, wanted = node["op"], [fold(value.strip()) for value in node.get("values", [])]
    if op in {"matches", "not_matches"}:
        return (re.search(node["values"][0], text, re.IGNORECASE) is not None) == (op == "matches")
    answers = {
        "is": text in wanted,
        "contains": any(value in text for value in wanted),
        "starts": any(text.startswith(value) for value in wanted),
        "ends": any(text.endswith(value) for value in wanted),
        "known": text != "",
    }
    return answers[op] if op in answers else not answers[op.removeprefix("not_") if op != "is_not" else "is"]


def _country(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    codes = [code.upper() for code in node.get("values", [])]
    return {
        "is": customer.country in codes,
        "is_not": customer.country not in codes,
        "known": customer.country != "",
        "not_known": customer.country == "",
    }[node["op"]]


def _phone_country(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    numbers = {"+4917012345": "DE", "+14155550123": "US", "+14165550123": "CA", "+77011234567": "KZ", "+79161234567": "RU", "": ""}
    country, wanted = numbers[customer.phone], [code.upper() for code in node.get("values", [])]
    op = node["op"]
    return {"is": country in wanted, "is_not": country not in wanted, "known": country != "", "not_known": country == ""}[op]


def _compare_number(node: Json, number: Any) -> bool:
    op = node["op"]
    if number is None:
        return op.startswith("not_")
    low, high = Decimal(str(node.get("value", 0))), Decimal(str(node.get("to", node.get("value", 0))))
    number = Decimal(str(number))
    answers = {
        "equals": number == low, "more": number > low, "at_least": number >= low, "less": number < low, "at_most": number <= low,
        "between": low <= number <= high, "known": True,
    }  # fmt: skip
    return answers[op] if op in answers else not answers[op.removeprefix("not_")]


def _compare_list(node: Json, entries: list[str]) -> bool:
    op, wanted = node["op"], [fold(value.strip()) for value in node.get("values", [])]
    if op == "size":
        return _compare_number(node["size"], len(entries))
    answers = {
        "any": any(value in entries for value in wanted),
        "all": all(value in entries for value in wanted),
        "starts": any(entry.startswith(value) for entry in entries for value in wanted),
        "ends": any(entry.endswith(value) for entry in entries for value in wanted),
        "contains": any(value in entry for entry in entries for value in wanted),
        "known": bool(entries),
    }
    return answers[op] if op in answers else not answers[op.removeprefix("not_")]


def _interests(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    return _compare_list(node, list(dict.fromkeys(fold(one.strip()) for one in customer.interests)))


def _attribute(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    kind = everything.attributes[node["key"]].kind
    rows = [row for row in everything.of("values", customer) if row.attribute.key == node["key"]]
    if kind == "list":
        return _compare_list(node, [fold(row.text_value) for row in rows])
    if kind == "text":
        return _compare_text(node, fold(rows[0].text_value)) if rows else node["op"] in {"is_not"} or node["op"].startswith("not_")
    if kind == "number":
        return _compare_number(node, rows[0].number_value if rows else None)
    if kind == "flag":
        known = bool(rows)
        return {
            "known": known,
            "not_known": not known,
            "yes": known and rows[0].number_value == 1,
            "no": known and rows[0].number_value == 0,
        }[node["op"]]
    return _compare_date(node, rows[0].date_value if rows else None, everything, now, days=True)


def _compare_date(node: Json, moment: datetime | None, everything: Everything, now: datetime, *, days: bool) -> bool:
    op = node["op"]
    if op in {"known", "not_known"}:
        return (moment is not None) == (op == "known")
    inside = moment is not None and (_on_day if days else _inside)(node["window"], moment, everything.zone, now)
    return inside == (op == "in")


def _moment(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    return _compare_date(node, getattr(customer, node["field"]), everything, now, days=False)


def _inside(window: Json | None, moment: datetime, zone: ZoneInfo, now: datetime) -> bool:
    how = (window or {"how": "ever"})["how"]
    if how == "ever":
        return True
    if how in {"last", "ago"}:
        edge = _earlier(now, window["count"], window["unit"], zone)
        return moment > edge if how == "last" else moment <= edge
    day = moment.astimezone(zone).date()
    start, end = window.get("start"), window.get("end")
    if how == "before":
        return day < date.fromisoformat(end)
    return day >= date.fromisoformat(start) and (how == "after" or day <= date.fromisoformat(end))


def _earlier(now: datetime, count: int, unit: str, zone: ZoneInfo) -> datetime:
    if unit in {"hours", "days", "weeks"}:
        return now - timedelta(hours=count * {"hours": 1, "days": 24, "weeks": 168}[unit])
    local = now.astimezone(zone)
    earlier = local.replace(**_month_before(local.date(), count * (12 if unit == "years" else 1)))
    if earlier.day != local.day:  # that month has no such day: all of its last day is too long ago
        earlier = earlier.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return earlier.astimezone(UTC)


def _month_before(day: date, count: int) -> dict[str, int]:
    year, month = day.year, day.month
    for _step in range(abs(count)):
        month += -1 if count > 0 else 1
        if month in {0, 13}:
            year, month = (year - 1, 12) if month == 0 else (year + 1, 1)
    return {"year": year, "month": month, "day": min(day.day, monthrange(year, month)[1])}


def _on_day(window: Json, moment: datetime, zone: ZoneInfo, now: datetime) -> bool:
    how, day, today = window["how"], moment.astimezone(UTC).date(), now.astimezone(zone).date()
    if how in {"after", "before", "between"}:
        return _inside(window, moment, ZoneInfo("UTC"), now)
    count, unit = window["count"], window["unit"]
    if unit in {"months", "years"}:
        months = count * (12 if unit == "years" else 1)
        back, ahead = today.replace(**_month_before(today, months)), today.replace(**_month_before(today, -months))
    else:
        length = {"days": count, "weeks": 7 * count, "hours": -(-count // 24)}[unit]
        back, ahead = today - timedelta(days=length), today + timedelta(days=length)
    return {"last": back < day <= today, "ago": day <= back, "next": today <= day < ahead, "ahead": day >= ahead}[how]


def _birthday(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    op, md, today = node["op"], customer.birth_md, now.astimezone(everything.zone).date()
    if op in {"known", "not_known"}:
        return (md is not None) == (op == "known")
    if md is None:
        return False
    if op == "age":
        if customer.birth_year is None:
            return False
        age = today.year - customer.birth_year - ((today.month, today.day) < divmod(md, 100))
        return _compare_number(node["age"], age)
    if op in {"month", "this_month"}:
        return md // 100 == node.get("month", today.month)
    days = {"today": range(1), "next": range(node.get("count", 0)), "last": range(-node.get("count", 0) + 1, 1)}[op]
    return any(_celebrates(md, today + timedelta(days=step)) for step in days)


def _anniversary(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    rows = [row for row in everything.of("values", customer) if row.attribute.key == node["key"]]
    if not rows:
        return False
    date, today = rows[0].date_value.astimezone(UTC), now.astimezone(everything.zone).date()
    if node["op"] in {"month", "this_month"}:
        return int(date.month) == node.get("month", today.month)
    days = {"today": range(1), "next": range(node.get("count", 0)), "last": range(-node.get("count", 0) + 1, 1)}[node["op"]]
    return any(_celebrates(date.month * 100 + date.day, today + timedelta(days=step)) for step in days)


def _celebrates(md: int, day: date) -> bool:
    if md == 229 and monthrange(day.year, 2)[1] == 28:
        return (day.month, day.day) == (2, 28)
    return (day.month, day.day) == divmod(md, 100)


def _figure(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    if node["figure"] == "orders":
        return _compare_number(node, customer.orders_count)
    spent = Decimal(customer.spent_minor) / 100
    if node["figure"] == "spent":
        return _compare_number(node, spent)
    if not customer.orders_count:
        return node["op"].startswith("not_")
    scaled = node | {name: Decimal(str(node[name])) * customer.orders_count for name in ("value", "to") if name in node}
    return _compare_number(scaled, spent)


def _consent(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    said = next((row for row in everything.of("consents", customer) if row.channel == node["channel"]), None)
    if node["status"] == "never":
        return said is None
    if node["status"] == "not_granted":
        return said is None or said.status != "granted"
    if said is None or said.status != node["status"]:
        return False
    fits = said.method in node.get("methods", [said.method]) and said.source in node.get("sources", [said.source])
    return fits and _inside(node.get("window"), said.changed_at, everything.zone, now)


def _suppression(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    address = address_digest(customer.email if node["channel"] == "email" else customer.phone)
    blocks = [
        row
        for row in everything.of("suppressions", customer)
        if (row.channel, row.address_digest) == (node["channel"], address) and row.reason == node.get("reason", row.reason)
    ]
    return any(_inside(node.get("window"), row.created_at, everything.zone, now) for row in blocks) == node.get("blocked", True)


def _lived(node: Json, customer: Customer, everything: Everything, now: datetime) -> list[Any]:
    name = node["event"]
    events = [
        row
        for row in everything.of("events", customer)
        if {"page": "Page Viewed", "screen": "Screen Viewed"}.get(row.kind) == name or (row.kind in {"track", "own"} and row.name == name)
    ]
    return [row for row in events if _inside(node.get("window"), row.occurred_at, everything.zone, now) and _says(node, row.properties)]


def _says(node: Json, properties: Json) -> bool:
    return all(_property(test, properties.get(test["property"])) for test in node.get("where", []))


def _property(test: Json, told: Any) -> bool:
    op = test["op"]
    if test["type"] == "known":
        return (told is not None) == (op == "known")
    if test["type"] == "flag":
        return told is {"yes": True, "no": False}[op]
    if test["type"] == "number":
        return _compare_number(test, exact(told))
    plain = "is" if op == "is_not" else op.removeprefix("not_")
    found = isinstance(told, str) and any(
        {"is": told == value, "contains": value in told, "starts": told.startswith(value), "ends": told.endswith(value)}[plain]
        for value in test["values"]
    )
    return found == (plain == op)


def _event(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    lived = _lived(node, customer, everything, now)
    if "sum" in node:
        return _compare_number(node, sum((exact(row.properties.get(node["sum"])) or Decimal(0) for row in lived), Decimal(0)))
    return _compare_number(node, len(lived))


def _event_time(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    lived = [row.occurred_at for row in _lived(node | {"window": None}, customer, everything, now)]
    return bool(lived) and _inside(node["window"], (min if node["which"] == "first" else max)(lived), everything.zone, now)


def _funnel(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    firsts = _lived({"event": node["first"], "window": node.get("window")}, customer, everything, now)
    thens = _lived({"event": node["then"]}, customer, everything, now)
    longest = timedelta(**{node["within"].get("unit", "days"): node["within"]["count"]})
    followed = any(one.occurred_at < other.occurred_at <= one.occurred_at + longest for one in firsts for other in thens)
    return followed if node.get("did", True) else bool(firsts) and not followed


def _message(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    names = {
        "delivered": "Email Delivered", "clicked": "Email Link Clicked", "bounced": "Email Bounced", "unsubscribed": "Unsubscribed",
        "opened": "Email Opened", "sms_clicked": "SMS Link Clicked", "push_delivered": "Push Delivered", "onsite_closed": "On-site Closed",
    }  # fmt: skip
    events = _lived({"event": names[node["what"]], "window": node.get("window")}, customer, everything, now)
    wanted = [row for row in events if row.properties.get("journey") == node.get("journey", row.properties.get("journey"))]
    return _compare_number(node, len(wanted))


def _visit(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    seen = [row for row in everything.of("events", customer) if row.kind in {"page", "screen"}]
    seen = sorted(
        (row for row in seen if _inside(node.get("window"), row.occurred_at, everything.zone, now)), key=lambda row: row.occurred_at
    )
    visits: list[list[Any]] = []
    for row in seen:
        if not visits or row.occurred_at > visits[-1][-1].occurred_at + timedelta(minutes=30):
            visits.append([])
        visits[-1].append(row)
    visits = [visit for visit in visits if any(_came_so(node, row.context) for row in visit)]
    if node.get("measure", "count") == "count":
        return _compare_number(node, len(visits))
    if len(visits) < 2:
        return False
    passed = visits[-1][0].occurred_at - visits[0][0].occurred_at
    gaps = len(visits) - 1
    whole = node | {name: Decimal(str(node[name])) * 86_400_000_000 * gaps for name in ("value", "to") if name in node}
    return _compare_number(whole, passed // timedelta(microseconds=1))


def _came_so(node: Json, context: Json) -> bool:
    def text(*path: str) -> str:
        found: Any = context
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return "" if found is None else str(found)

    agent, kind = text("userAgent").lower(), text("device", "type").lower()
    device = "desktop" if agent or kind == "desktop" else ""
    if "mobi" in agent or "iphone" in agent or kind in {"ios", "android", "mobile"}:
        device = "mobile"
    if "ipad" in agent or "tablet" in agent or ("android" in agent and "mobi" not in agent):
        device = "tablet"
    referrer = text("referrer", "url") or text("page", "referrer")
    told = {"referrer": referrer, "source": text("campaign", "source"), "campaign": text("campaign", "name")}
    if node.get("device", device) != device:
        return False
    if "from" not in node:
        return True
    said = re.sub("[A-Z]", lambda letter: letter[0].lower(), told[node["from"]])
    wanted = [re.sub("[A-Z]", lambda letter: letter[0].lower(), value) for value in node["values"]]
    return said in wanted if node.get("match") == "is" else any(value in said for value in wanted)


def _distance(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    centre = everything.places[node["country"].upper(), re.sub("[ -]", "", node["postcode"])]
    home = everything.places.get((customer.country, re.sub("[ -]", "", customer.postcode)))
    metres = node["radius"] * {"km": 1000, "miles": 1609.344}[node.get("unit", "km")]
    near = home is not None and math.dist(_on_sphere(*centre), _on_sphere(*home)) <= 2 * 6_371_008.8 * math.sin(
        min(metres / (2 * 6_371_008.8), math.pi / 2)
    )
    return near == node.get("near", True)


def _on_sphere(latitude: float, longitude: float) -> tuple[float, ...]:
    up, around = math.radians(latitude), math.radians(longitude)
    return tuple(6_371_008.8 * part for part in (math.cos(up) * math.cos(around), math.cos(up) * math.sin(around), math.sin(up)))


def _orders(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    placed = [
        order
        for order in everything.of("orders", customer)
        if order.cancelled_at is None
        and order.payment_state != "voided"
        and _inside(node.get("window"), order.placed_at, everything.zone, now)
        and ("coupons" not in node or set(node["coupons"]) & set(order.coupons))
        and ("what" not in node or any(_names(node, line) for line in order.lines.all()))
    ]
    if node.get("measure") == "sum":
        sums = [order.total_minor - order.refunded_minor for order in placed if order.currency == everything.currency]
        return _compare_number(node, Decimal(sum(sums)) / 100)
    return _compare_number(node, len(placed))


def _names(node: Json, line: Any) -> bool:
    if node["what"] == "category":
        parts = line.category.split(" / ")
        return any(" / ".join(parts[:depth]) in node["names"] for depth in range(1, len(parts) + 1))
    return {"product": line.product_id, "brand": line.brand, "vendor": line.vendor}[node["what"]] in node["names"]


def _cart(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    cart = next((row for row in everything.of("carts", customer) if row.state == "open" and row.lines_count), None)
    if cart is None or node["state"] == "none":
        return cart is None and node["state"] == "none"
    if node["state"] != "open" and getattr(cart, f"{node['state']}_at") is None:
        return False
    if "total" in node and not (cart.currency == everything.currency and _compare_number(node["total"], Decimal(cart.total_minor) / 100)):
        return False
    return cart.stage in node.get("stages", [cart.stage]) and _inside(node.get("window"), cart.last_activity_at, everything.zone, now)


def _share(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    digest = hashlib.md5((node["seed"] + str(customer.public_id)).encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % 10_000 < node["percent"] * 100


def _in_segment(node: Json, customer: Customer, everything: Everything, now: datetime) -> bool:
    inside = any(str(row.segment.public_id) == node["segment"] for row in everything.of("members", customer))
    return inside == node.get("in", True)

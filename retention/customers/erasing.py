"""Forgetting a person: everything that names them goes, the shop's accounts stay without them, blocked addresses stay blocked.

Tables with a customer are found through `personal_data.py`. Rooms that hold texts about people without a link add a forgetter. What was
erased is remembered by public id and keyed digests, in the database and in a file beside it (`erasure_list.py`), so that a restored
backup forgets again (`forgetting_again.py`).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Trim, Upper

from retention.customers import erasure_list
from retention.customers.announcing import ERASED
from retention.customers.consent import address_digest
from retention.customers.exporting import begin_files_again
from retention.customers.importing import running
from retention.customers.mentions import SHORTEST, file_holds_digest, file_names_one_of
from retention.customers.models import ConsentRecord, Customer, CustomerEvent, CustomerMerge, Erasure, Identity, Import, ImportFault
from retention.customers.personal_data import PersonalTable, personal_tables
from retention.kit.locks import transaction_lock
from retention.kit.register import Register
from retention.notices.models import Notice
from retention.rest.models import KeptAnswer
from retention.stores.models import User
from retention.tenancy.bulk import read_in_pages
from retention.tenancy.context import require_store_id
from retention.webhooks import outbox

_PAGE = 2000


@dataclass(frozen=True)
class Forgotten:
    """Whom texts are searched for.

    names: addresses, numbers and ids of the shop; browsers: ids of browsers. Both are empty after a restore, when only the keyed
    digests of all of them are known.
    """

    names: Sequence[str] = ()
    browsers: Sequence[str] = ()
    digests: Sequence[str] = ()

    @property
    def only_digests(self) -> bool:
        """Say whether nobody knows the names any more."""
        return not (self.names or self.browsers)


Forgetter = Callable[[Forgotten], None]
forgetters: Register[Forgetter] = Register("forgetter of personal texts")


def erase(customer: Customer, *, by: int | None, now: datetime) -> Erasure:
    """Forget a customer of the active store for good, in one transaction; return what stays of it. by: the id of the person who asked.

    The list beside the database hears of it before anything goes, and that it is done once the outermost transaction has committed.
    """
    with transaction.atomic():
        files = list(Import.objects.select_for_update().exclude(state__in=Import.OVER).order_by("pk"))  # a batch at work ends first
        if any(of.unsettled for of in files):  # calling one off settles its people, who are locked behind this, as in a batch
            transaction_lock("customers", store_id=require_store_id())
        locked: Customer = Customer.objects.select_for_update().get(pk=customer.pk)
        who = known_as(locked)
        former = list(CustomerMerge.objects.filter(survivor=locked).values_list("loser_public_id", flat=True))
        made = [
            Erasure(customer_public_id=one, digests=who.digests, erased_at=now, erased_by_id=by, store_id=locked.store_id)
            for one in [locked.public_id, *former]
        ]
        lines = erasure_list.entries_of(made)
        erasure_list.write(lines, erasure_list.ASKED)
        for table in personal_tables:
            _empty(table, locked.pk)
        forget_texts(who, now=now)
        outbox.forget([locked.public_id, *former], now=now)
        outbox.announce(ERASED, {"customer": {"id": str(locked.public_id)}}, now=now, about=locked.public_id)
        locked.delete()
        Erasure.objects.bulk_create(made)
        transaction.on_commit(lambda: erasure_list.write(lines, erasure_list.DONE))
    return made[0]


def known_as(customer: Customer) -> Forgotten:
    """Return every text the person alone is recognised by: addresses, numbers, ids. Their name is none, for others have it too."""
    identities = list(customer.identities.values_list("kind", "value"))
    browsers = {value for kind, value in identities if kind == Identity.Kind.ANONYMOUS}
    names = {customer.email, customer.email_key or "", customer.phone, *(value for _kind, value in identities)} - browsers - {""}
    return Forgotten(sorted(names), sorted(browsers), sorted({address_digest(name) for name in names | browsers}))


def forget_texts(who: Forgotten, *, now: datetime) -> None:
    """Forget a person in what is not linked to them: events on their way, files, mail of ours, answers the API kept, other rooms' texts."""
    _forget_events(who)
    _forget_faults_and_answers(who)
    _forget_mail(who)
    for of in Import.objects.exclude(state__in=Import.OVER):
        if file_holds_digest(of, who.digests) if who.only_digests else file_names_one_of(of, who.names):
            running.forget(of, now=now)
    begin_files_again(now=now)
    for forget in forgetters:
        forget(who)


def _empty(table: PersonalTable, customer_id: int) -> None:
    rows = table.model._default_manager.filter(**{table.column: customer_id})
    if table.erase:
        rows.delete()
    elif table.model is ConsentRecord:
        rows.update(customer_id=None, ip=None, user_agent="", proof={})
    else:
        rows.update(**{table.column: None})


def _forget_events(who: Forgotten) -> None:
    """Delete events that belong to nobody yet and name the person: applied, they would bring them back."""
    events = CustomerEvent.objects.filter(customer=None).annotate(
        told=Upper(Trim(_told("email", "properties"))),
        told_in_traits=Upper(Trim(_told("email", KeyTextTransform("traits", "context")))),
        told_before=_told("previousId", "properties"),
    )
    if who.only_digests:
        _having(events, ("anonymous_id", "external_id", "told", "told_in_traits", "told_before"), who.digests).delete()
        return
    addresses = [name.upper() for name in who.names if "@" in name]
    by_address = Q(told__in=addresses) | Q(told_in_traits__in=addresses)
    events.filter(by_address | Q(external_id__in=who.names) | Q(anonymous_id__in=who.browsers) | Q(told_before__in=who.browsers)).delete()


def _told(key: str, where: Any) -> Coalesce:
    return Coalesce(KeyTextTransform(key, where), Value(""), output_field=TextField())


def _forget_faults_and_answers(who: Forgotten) -> None:
    """Empty what reports of imports say of the person, and delete answers the API kept about them; after a restore all of those go."""
    told = {"value": "", "why": "This row is forgotten."}
    if who.only_digests:
        _having(ImportFault.objects.exclude(value=""), ("value",), who.digests).update(**told)
        KeptAnswer.objects.all().delete()
        return
    telling = [name for name in who.names if len(name) >= SHORTEST]
    if telling:
        ImportFault.objects.filter(_like(telling, "value__icontains", "why__icontains")).update(**told)
        KeptAnswer.objects.filter(_like(telling, "body__icontains")).delete()


def _forget_mail(who: Forgotten) -> None:
    """Delete notices to the person's addresses, unless somebody with an account here has them."""
    if who.only_digests:
        accounts = {address_digest(user.email) for user in read_in_pages(User.objects.only("email"), size=_PAGE)}
        _having(Notice.objects.all(), ("to",), set(who.digests) - accounts).delete()
        return
    addresses = {name.lower() for name in who.names if "@" in name}
    if addresses:
        addresses -= {email.lower() for email in User.objects.filter(_like(addresses, "email__iexact")).values_list("email", flat=True)}
    if addresses:
        Notice.objects.filter(_like(addresses, "to__iexact")).delete()


def _like(names: Iterable[str], *lookups: str) -> Q:
    """Return the condition that one of the columns is like one of the names; names must be there."""
    return reduce(or_, (Q(**{lookup: name}) for name in sorted(names) for lookup in lookups))


def _having(rows: QuerySet[Any], columns: Sequence[str], digests: Collection[str]) -> QuerySet[Any]:
    """Return the rows where one of the columns has one of the digests; reads them all, for work after a restore."""
    wanted = frozenset(digests)
    found = [row.pk for row in read_in_pages(rows, size=_PAGE) if _is_named(row, columns, wanted)]
    named: QuerySet[Any] = rows.model._default_manager.filter(pk__in=found)
    return named


def _is_named(row: Any, columns: Sequence[str], digests: Collection[str]) -> bool:
    return any(text and address_digest(text) in digests for text in (getattr(row, column) for column in columns))

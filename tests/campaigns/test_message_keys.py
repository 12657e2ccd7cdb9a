"""What a message points at is there and of its store, although it is asked once for all rows of a statement."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, connections, transaction

from campaigns.models import Message, TemplateVersion
from retention.customers.models import Consent, Customer
from retention.stores.models import Store
from tests.campaigns.crowd import make_ready, make_version
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def store() -> Iterator[Store]:
    store = make_store()
    with work_for(store):
        yield store


def refused(act: Callable[[], object], *, key: str) -> None:
    before = sorted(Message.objects.values_list("pk", "customer_id", "template_version_id"))
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        act()
    assert error.value.__cause__.diag.constraint_name == key  # type: ignore[union-attr]
    assert sorted(Message.objects.values_list("pk", "customer_id", "template_version_id")) == before


def pointing(message: Message, **where: int) -> Callable[[], object]:
    def write() -> object:
        common = {"source_kind": "campaign", "source_id": 2, "occurrence": "once", "channel": "email", "planned_at": NOW, "due_at": NOW}
        links = {"customer_id": message.customer_id, "template_version_id": message.template_version_id}
        return Message.objects.bulk_create([Message(step="good", **common, **links), Message(step="bad", **common, **links | where)])

    return write


def test_one_row_without_its_customer_or_version_is_refused_with_its_whole_statement(store: Store) -> None:
    other = make_store()
    with work_for(other):
        theirs, their_version = make_customer(other).pk, make_version().pk
    message = make_ready(1, now=NOW)[0]
    for stranger in (theirs, 10**12):
        refused(pointing(message, customer_id=stranger), key="message_customer_of_store")
    for stranger in (their_version, 10**12):
        refused(pointing(message, template_version_id=stranger), key="message_version_of_store")


def test_a_row_cannot_be_moved_to_what_is_not_there(store: Store) -> None:
    other = make_store()
    with work_for(other):
        theirs, their_version = make_customer(other).pk, make_version().pk
    message = make_ready(2, now=NOW)[0]
    own = Message.objects.filter(pk=message.pk)
    refused(lambda: own.update(customer_id=theirs), key="message_customer_of_store")
    refused(lambda: own.update(template_version_id=their_version), key="message_version_of_store")
    mine, version = make_customer(store), make_version()
    own.update(customer_id=mine.pk, template_version_id=version.pk)
    assert own.values_list("customer_id", "template_version_id").get() == (mine.pk, version.pk)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_version_stays_while_a_message_was_made_of_it(store: Store) -> None:
    used, unused = make_version(), make_version()
    make_ready(1, now=NOW, version=used)
    refused(lambda: _delete_as_owner(used), key="message_version_of_store")
    _delete_as_owner(unused)
    Message.objects.all().delete()
    _delete_as_owner(used)
    assert not TemplateVersion.objects.exists()


def test_messages_go_with_their_customer_and_no_others_do(store: Store) -> None:
    first, second = make_ready(2, now=NOW)
    Customer.objects.filter(pk=first.customer_id).update(first_name="Kim")  # what is not the key may change
    Consent.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_customer WHERE id = %s", [first.customer_id])
    assert list(Message.objects.values_list("pk", flat=True)) == [second.pk]
    refused(lambda: Customer.objects.filter(pk=second.customer_id).update(id=10**12), key="message_customer_of_store")


def test_an_index_that_grows_at_its_end_has_room_for_what_passes_the_gate(store: Store) -> None:
    before = sizes()
    make_ready(2_000, now=NOW)
    planned = sizes()
    Message.objects.update(state="sending", token=1, lease_until=NOW)
    for name, size in sizes().items():
        assert size - planned[name] < (planned[name] - before[name]) / 4, name


def sizes() -> dict[str, int]:
    """Return the bytes of the indexes that a campaign fills from one end to the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, pg_relation_size(name::regclass) FROM unnest(%s) AS of(name)",
            [["campaigns_message_pkey", "message_of_store", "message_of_customer"]],
        )
        return dict(cursor.fetchall())


def _delete_as_owner(version: TemplateVersion) -> None:
    """Delete a version, which nobody but the owner of the table may."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_templateversion WHERE id = %s", [version.pk])

"""Roles change and people leave, at once and by the rules; a store never loses its last owner, whoever acts at the same moment."""

import json
import threading

import pytest
from django.db import connection

from retention.stores import team
from retention.stores.models import AuditEntry, Membership
from tests.cast import lumen, other_store
from tests.factories import make_store, member_of, signed_in, work_for

pytestmark = pytest.mark.django_db


def number_of(store, user) -> int:
    with work_for(store):
        return Membership.objects.get(user=user).pk


def role_of(store, user) -> str | None:
    with work_for(store):
        return Membership.objects.filter(user=user).values_list("role", flat=True).first()


def post(cast, path: str, data=None, *, by: str = "owner", **headers):
    return signed_in(cast.person(by)).post(f"/s/lumen/settings/team/{path}", data or {}, **headers)


def test_change_holds_from_the_next_page_on_and_gives_a_new_session_id():
    cast = lumen()
    client = signed_in(cast.mia)
    assert client.get("/s/lumen/settings/security/").status_code == 200
    before = client.session.session_key
    post(cast, f"{number_of(cast.store, cast.mia)}/role/", {"role": "manager"})
    assert client.get("/s/lumen/settings/keys/").status_code == 200
    assert client.session.session_key != before
    post(cast, f"{number_of(cast.store, cast.mia)}/role/", {"role": "support"})
    assert client.get("/s/lumen/settings/keys/").status_code == 403


def test_removed_colleague_sees_nothing_from_the_next_page_on():
    cast = lumen()
    client = signed_in(cast.mia)
    assert client.get("/s/lumen/settings/security/").status_code == 200
    assert post(cast, f"{number_of(cast.store, cast.mia)}/remove/").status_code == 302
    assert client.get("/s/lumen/settings/security/").status_code == 404


def test_change_offers_undo_and_undo_works():
    cast = lumen()
    number = number_of(cast.store, cast.mia)
    answer = post(cast, f"{number}/role/", {"role": "analyst"}, HTTP_HX_REQUEST="true")
    undo = json.loads(answer.headers["HX-Trigger"])["toast"]["undo"]["url"]
    assert signed_in(cast.nora).post(undo, HTTP_HX_REQUEST="true").status_code == 204
    assert role_of(cast.store, cast.mia) == "marketer"
    with work_for(cast.store):
        entries = AuditEntry.objects.filter(action="team.role_changed").order_by("number").values_list("details", flat=True)
        assert list(entries) == [{"before": "marketer", "after": "analyst"}, {"before": "analyst", "after": "marketer"}]


@pytest.mark.parametrize("path", ["role", "remove"])
def test_last_owner_stays(path):
    cast = lumen()
    answer = post(cast, f"{number_of(cast.store, cast.nora)}/{path}/", {"role": "manager"})
    assert answer.status_code == 302
    assert role_of(cast.store, cast.nora) == "owner"
    assert post(cast, "leave/").status_code == 302
    assert role_of(cast.store, cast.nora) == "owner"


@pytest.mark.parametrize(
    ("who", "path", "role"),
    [("owner", "role", "marketer"), ("owner", "remove", ""), ("manager", "role", "owner"), ("marketer", "role", "owner")],
)
def test_manager_touches_no_owner_and_makes_none(who, path, role):
    cast = lumen()
    person = cast.person(who)
    before = role_of(cast.store, person)
    post(cast, f"{number_of(cast.store, person)}/{path}/", {"role": role}, by="manager")
    assert role_of(cast.store, person) == before


def test_one_may_leave():
    cast = lumen()
    assert post(cast, "leave/", by="support").url == "/"
    assert role_of(cast.store, cast.sam) is None


def test_other_stores_member_is_not_found():
    cast, (kite, olga) = lumen(), other_store()
    number = number_of(kite, olga)
    assert post(cast, f"{number}/role/", {"role": "support"}).status_code == 404
    assert post(cast, f"{number}/remove/").status_code == 404
    assert role_of(kite, olga) == "owner"


@pytest.mark.parametrize("role", ["", "boss", "OWNER", "owner\x00"])
def test_invented_role_is_refused(role):
    cast = lumen()
    assert post(cast, f"{number_of(cast.store, cast.mia)}/role/", {"role": role}).status_code == 400
    assert role_of(cast.store, cast.mia) == "marketer"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", ["demote", "remove"])
def test_two_owners_cannot_dethrone_each_other(deed):
    store = make_store()
    owners = [member_of(store), member_of(store)]
    numbers = [number_of(store, owner) for owner in owners]
    start, ends = threading.Barrier(2), []

    def act(number: int) -> None:
        try:
            with work_for(store):
                start.wait()
                team.change_role(number, role="analyst", actor_role="owner") if deed == "demote" else team.remove(
                    number, actor_role="owner"
                )
            ends.append("done")
        except team.LastOwner:
            ends.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in numbers]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(ends) == ["done", "refused"]
    with work_for(store):
        assert Membership.objects.owners().count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_last_owner_would_be_lost():
    """The control: the same two deeds by reading first and writing later leave no owner."""
    store = make_store()
    numbers = [number_of(store, member_of(store)) for _number in range(2)]
    start = threading.Barrier(2)

    def act(number: int) -> None:
        with work_for(store):
            enough = Membership.objects.owners().count() > 1
            start.wait()
            if enough:
                Membership.objects.filter(pk=number).update(role="analyst")
        connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in numbers]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    with work_for(store):
        assert Membership.objects.owners().count() == 0

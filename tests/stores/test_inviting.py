"""S7: an invitation works once, for one hour, for one address, and its secret stands only in the mail."""

import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from retention.notices.models import Notice
from retention.stores import inviting
from retention.stores.models import AuditEntry, Invitation, Membership
from tests.cast import lumen, other_store
from tests.factories import STRONG_PASSWORD, make_user, member_of, signed_in, work_for
from tests.stores.reading import link_in

pytestmark = pytest.mark.django_db

EVA = "eva.lang@example.test"


def invite(cast, *, email: str = EVA, role: str = "analyst", by: str = "owner"):
    return signed_in(cast.person(by)).post(f"/s/{cast.store.slug}/settings/team/invite/", {"email": email, "role": role})


def last_link() -> str:
    text = Notice.objects.latest("pk").text
    return urlsplit(next(word for word in text.split() if "/join/" in word)).path


def roles_in(store) -> dict[str, str]:
    with work_for(store):
        return dict(Membership.objects.values_list("user__email", "role"))


@pytest.mark.django_db(transaction=True)
def test_new_person_joins_by_the_mail_alone(post_office):
    cast = lumen()
    assert invite(cast).status_code == 302
    [mail] = post_office()
    assert mail["Subject"] == "Nora Keller asks you to join Lumen Coffee"
    link, client = link_in(mail), Client()
    page = client.get(link).content.decode()
    assert "join Lumen Coffee as Analyst" in page
    answer = client.post(f"/accounts/signup/?next={link}", {"name": "Eva Lang", "email": EVA, "password1": STRONG_PASSWORD, "next": link})
    assert answer.url == link, "the address needs no second proof: the mail was read"
    client.get(link)
    assert client.post(f"{link}accept/").status_code == 302
    assert roles_in(cast.store)[EVA] == "analyst"


@pytest.mark.parametrize("then", ["removed", "analyst"])
def test_invitation_falls_with_the_one_who_sent_it(then):
    cast, eva = lumen(), make_user(EVA)
    invite(cast, role="manager", by="manager")
    client = signed_in(eva)
    assert client.get(last_link()).status_code == 200
    with work_for(cast.store):
        sender = Membership.objects.filter(user=cast.person("manager"))
        sender.delete() if then == "removed" else sender.update(role=then)
    assert client.get(last_link()).status_code == 410
    assert client.post(f"{last_link()}accept/").status_code == 410
    assert EVA not in roles_in(cast.store)


def test_person_with_an_account_joins_and_the_log_says_so():
    cast, eva = lumen(), make_user(EVA)
    invite(cast)
    assert signed_in(eva).post(f"{last_link()}accept/").status_code == 302
    assert roles_in(cast.store)[EVA] == "analyst"
    with work_for(cast.store):
        assert list(AuditEntry.objects.filter(action__startswith="team.").order_by("number").values_list("action", "actor_id")) == [
            ("team.invited", cast.nora.pk),
            ("team.joined", eva.pk),
        ]


def test_replayed_invitation_is_refused():
    cast, eva = lumen(), make_user(EVA)
    invite(cast)
    link, client = last_link(), signed_in(eva)
    client.post(f"{link}accept/")
    with work_for(cast.store):
        Membership.objects.filter(user=eva).delete()
    assert client.post(f"{link}accept/").status_code == 410
    page = client.get(link)
    assert (page.status_code, "was used already" in page.content.decode()) == (410, True)
    assert EVA not in roles_in(cast.store)


def test_expired_invitation_is_refused():
    cast, eva = lumen(), make_user(EVA)
    invite(cast)
    with work_for(cast.store):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = signed_in(eva).post(f"{last_link()}accept/")
    assert (answer.status_code, "has run out" in answer.content.decode()) == (410, True)
    assert EVA not in roles_in(cast.store)


def test_link_itself_runs_out_after_an_hour():
    cast = lumen()
    with work_for(cast.store):
        inviting.invite(cast.store, email=EVA, role="analyst", invited_by=cast.nora, now=timezone.now() - timedelta(minutes=61))
    assert Client().get(last_link()).status_code == 410


def test_withdrawn_invitation_is_refused():
    cast, eva = lumen(), make_user(EVA)
    invite(cast)
    with work_for(cast.store):
        number = Invitation.objects.get().pk
    assert signed_in(cast.nora).post(f"/s/lumen/settings/team/invitations/{number}/withdraw/").status_code == 302
    answer = signed_in(eva).post(f"{last_link()}accept/")
    assert (answer.status_code, "was taken back" in answer.content.decode()) == (410, True)


def test_second_invitation_replaces_the_first():
    cast, eva = lumen(), make_user(EVA)
    invite(cast)
    first = last_link()
    invite(cast, role="support")
    assert signed_in(eva).get(first).status_code == 410
    signed_in(eva).post(f"{last_link()}accept/")
    assert roles_in(cast.store)[EVA] == "support"


def test_somebody_elses_invitation_is_refused():
    cast, tom = lumen(), make_user("other@example.test")
    invite(cast)
    client = signed_in(tom)
    assert client.get(last_link()).status_code == 403
    assert client.post(f"{last_link()}accept/").status_code == 403
    assert "other@example.test" not in roles_in(cast.store)


def test_unproven_address_does_not_count():
    cast, eva = lumen(), make_user(EVA, verified=False)
    invite(cast)
    assert signed_in(eva).post(f"{last_link()}accept/").status_code == 403


@pytest.mark.parametrize(
    "link", ["/join/x/", "/join/site.AAAA/", "/join/" + "A" * 3000 + "/", "/join/site." + "A" * 60 + "/", "/join/%00/"]
)
def test_invented_links_are_unknown(link):
    assert Client().get(link).status_code == 404


def test_secret_is_not_in_the_database():
    cast = lumen()
    invite(cast)
    token = last_link().rstrip("/").rpartition("/")[2]
    with work_for(cast.store):
        invitation = Invitation.objects.get()
    assert token not in str({field.name: getattr(invitation, field.attname) for field in Invitation._meta.fields})
    assert len(invitation.digest) == 64


@pytest.mark.parametrize(
    ("by", "role", "status"),
    [("manager", "owner", 422), ("manager", "manager", 302), ("owner", "owner", 302), ("marketer", "analyst", 403)],
)
def test_only_owners_invite_owners(by, role, status):
    assert invite(lumen(), by=by, role=role).status_code == status


@pytest.mark.parametrize("email", ["", "tom at home", "a@b\r\nBcc: c@d.ee", "x" * 300 + "@example.test", "tom.berg@example.test"])
def test_refuses_bad_addresses_and_colleagues(email):
    cast = lumen()
    assert invite(cast, email=email).status_code == 422
    assert Notice.objects.count() == 0


def test_invitation_of_one_store_opens_no_other():
    cast, (kite, _olga) = lumen(), other_store()
    invite(cast)
    eva = member_of(kite, "support", email=EVA)
    signed_in(eva).post(f"{last_link()}accept/")
    assert roles_in(kite)[EVA] == "support"
    assert roles_in(cast.store)[EVA] == "analyst"


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_join_once():
    cast, eva = lumen(), make_user(EVA)
    with work_for(cast.store):
        inviting.invite(cast.store, email=EVA, role="analyst", invited_by=cast.nora, now=timezone.now())
    link = last_link().rstrip("/").rpartition("/")[2]
    asked = inviting.read_link(link, now=timezone.now())
    ends: list[str] = []

    def press() -> None:
        try:
            inviting.accept(asked, user=eva, now=timezone.now())
            ends.append("joined")
        except inviting.NotAcceptable as error:
            ends.append(error.reason)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(ends) == ["joined", "used", "used", "used"]


def test_an_address_is_asked_three_times_a_day_whichever_store_asks():
    cast, (kite, olga) = lumen(), other_store()
    answers = [invite(cast).status_code for _time in range(2)]
    other, where = signed_in(olga), f"/s/{kite.slug}/settings/team/invite/"
    answers += [other.post(where, {"email": EVA, "role": "analyst"}).status_code for _time in range(2)]
    assert answers == [302, 302, 302, 429]
    assert Notice.objects.filter(to=EVA).count() == 3


def test_a_person_invites_twenty_a_day():
    cast = lumen()
    answers = [invite(cast, email=f"eva.{number}@example.test").status_code for number in range(21)]
    assert answers == [302] * 20 + [429]
    assert invite(cast, email="eva.30@example.test", by="manager").status_code == 302


def test_inviting_and_changing_a_role_ask_for_a_second_factor(settings):
    settings.MFA_ENFORCED = True
    cast = lumen()
    client = signed_in(cast.nora, stepped_up=False)
    with work_for(cast.store):
        manager = Membership.objects.get(user=cast.person("manager"))
    assert "second-factor" in client.post(f"/s/{cast.store.slug}/settings/team/invite/", {"email": EVA, "role": "owner"}).url
    assert "second-factor" in client.post(f"/s/{cast.store.slug}/settings/team/{manager.pk}/role/", {"role": "owner"}).url
    with work_for(cast.store):
        manager.refresh_from_db()
    assert (manager.role, Notice.objects.filter(to=EVA).exists()) == ("manager", False)

"""S1: long passwords of any characters, none of the usual ones, not the shop's name; argon2."""

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from retention.settings import PASSWORD_HASHERS
from tests.factories import make_store, make_user, member_of

pytestmark = pytest.mark.django_db


def codes_of(password: str, user=None) -> set[str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {one.code for one in error.error_list}
    return set()


@pytest.mark.parametrize(
    "password", ["twelve chars", "ж" * 12, "🐢🐢🐢🐢🐢🐢🐢🐢🐢🐢🐢🐢", "correct horse battery staple", "aB3$" * 32, "x " * 100]
)
def test_takes_long_ones_of_any_characters(password):
    assert codes_of(password) == set()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("eleven char", "password_too_short"),
        ("qwerty123456", "password_too_common"),
        ("telechargement", "password_too_common"),
        ("Boomerang2026", "store_name"),
    ],
)
def test_refuses_short_and_usual_ones(password, code):
    assert code in codes_of(password)


def test_refuses_the_shops_name_however_it_is_written():
    user = member_of(make_store("Lumen Coffee"))
    assert codes_of("LUMEN coffee 2026", user) == {"store_name"}
    assert codes_of("LUMEN coffee 2026", make_user()) == set()


def test_refuses_the_persons_own_address():
    assert "password_too_similar" in codes_of("nora.keller1", make_user("nora.keller@example.test"))


def test_is_kept_as_argon2id(settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    user = make_user(password="correct horse battery staple")
    assert identify_hasher(user.password).algorithm == "argon2"
    assert user.password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")

"""Environment readers: typed values, and one sentence with the name when a value is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from retention.kit.env import Env, EnvError


def test_reads_text_and_takes_the_default_for_nothing_or_blanks() -> None:
    env = Env({"A": " x ", "B": "  "})
    assert env.text("A") == "x"
    assert env.text("B", "default") == "default"
    with pytest.raises(EnvError, match="B is not set"):
        env.text("B")


@pytest.mark.parametrize(("text", "value"), [("1", True), ("TRUE", True), (" on ", True), ("0", False), ("no", False), ("Off", False)])
def test_reads_a_flag(text: str, value: bool) -> None:
    assert Env({"A": text}).flag("A", default=not value) is value


def test_reads_numbers_lists_paths_and_choices(tmp_path: Path) -> None:
    env = Env({"N": "8", "L": " a, ,b ,", "P": "var/x", "C": "two"})
    assert env.number("N", 1) == 8
    assert env.number("M", 1) == 1
    assert env.listing("L") == ["a", "b"]
    assert env.listing("M", ("d",)) == ["d"]
    assert env.path("P", tmp_path) == Path.cwd() / "var" / "x"
    assert env.path("M", tmp_path) == tmp_path
    assert env.choice("C", ("one", "two"), "one") == "two"
    assert env.choice("M", ("one", "two"), "one") == "one"


def test_reads_a_database_url_with_a_socket_folder() -> None:
    url = "postgres://us%40er:pa%2Fss@localhost:5433/shop?host=/run/a%20b&sslmode=disable"
    assert Env({"D": url}).database("D") == {
        "NAME": "shop",
        "USER": "us@er",
        "PASSWORD": "pa/ss",
        "HOST": "/run/a b",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "disable"},
    }


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("maybe", lambda env: env.flag("A", default=True)),
        ("ten", lambda env: env.number("A", 1)),
        ("1.5", lambda env: env.number("A", 1)),
        ("99", lambda env: env.number("A", 1, high=64)),
        ("-1", lambda env: env.number("A", 1)),
        ("three", lambda env: env.choice("A", ("one", "two"), "one")),
        ("mysql://u@h/d", lambda env: env.database("A")),
        ("postgres://u@h/", lambda env: env.database("A")),
        ("postgres://u@h:port/d", lambda env: env.database("A")),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_variable(value: str, read: Callable[[Env], object]) -> None:
    with pytest.raises(EnvError, match=r"^A ") as error:
        read(Env({"A": value}))
    assert "\n" not in str(error.value)

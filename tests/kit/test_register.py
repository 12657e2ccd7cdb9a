"""A register keeps order, refuses doubles and bad keys, and says what is missing."""

import pytest

from retention.kit.register import Register, RegisterError, UnknownKey


def fruits() -> Register[str]:
    register: Register[str] = Register("fruit")
    register.add("pear", "Pear")
    register.add("apple", "Apple")
    return register


def test_keeps_the_order_of_adding() -> None:
    register = fruits()
    assert register.keys() == ["pear", "apple"]
    assert list(register) == ["Pear", "Apple"]
    assert register.items() == [("pear", "Pear"), ("apple", "Apple")]
    assert len(register) == 2


def test_refuses_a_key_that_is_taken_and_keeps_the_first() -> None:
    register = fruits()
    with pytest.raises(RegisterError, match="Two fruit entries want the key 'pear'"):
        register.add("pear", "Another")
    assert register["pear"] == "Pear"


@pytest.mark.parametrize("key", ["", "Pear", "1pear", "pear-tree", "pear tree", "_pear", "a.b.c", "a.", "\u00e4pfel", "pear\n", "a" * 64])
def test_refuses_a_key_that_cannot_be_stored_for_ever(key: str) -> None:
    with pytest.raises(RegisterError):
        fruits().add(key, "Fruit")


def test_takes_a_key_with_one_dot() -> None:
    register = fruits()
    assert register.add("stone.plum", "Plum") == "Plum"
    assert "stone.plum" in register


def test_says_which_key_is_unknown() -> None:
    with pytest.raises(UnknownKey) as unknown:
        fruits()["kiwi"]
    assert str(unknown.value) == "There is no fruit with the key 'kiwi'."
    assert fruits().get("kiwi") is None
    assert "kiwi" not in fruits()


def test_gives_choices_for_a_kind_field() -> None:
    assert fruits().choices(str.upper) == [("pear", "PEAR"), ("apple", "APPLE")]

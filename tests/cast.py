"""The people and the shop of the tests, the same as in the mock-ups: Nora owns Lumen Coffee, Tom and the others work there."""

from typing import NamedTuple

from retention.stores.models import Store, User
from tests.factories import make_store, make_user, member_of


class Lumen(NamedTuple):
    """Lumen Coffee and one person in every role."""

    store: Store
    nora: User
    tom: User
    mia: User
    ada: User
    sam: User

    def person(self, role: str) -> User:
        """Return who works in this role."""
        return dict(zip(("owner", "manager", "marketer", "analyst", "support"), self[1:], strict=True))[role]  # type: ignore[arg-type]


def lumen() -> Lumen:
    """Save Lumen Coffee with Nora (owner), Tom (manager), Mia (marketer), Ada (analyst) and Sam (support)."""
    store = make_store(
        "Lumen Coffee",
        slug="lumen",
        web_address="https://lumen.example.test",
        postal_address="Lumen Coffee GmbH\nMusterweg 4\n10999 Berlin",
    )
    people = {"owner": "nora.keller", "manager": "tom.berg", "marketer": "mia.roth", "analyst": "ada.stein", "support": "sam.vogt"}
    return Lumen(store, *(member_of(store, role, email=f"{name}@example.test") for role, name in people.items()))


def other_store() -> tuple[Store, User]:
    """Save a second shop with its own owner, for everything one shop must not see of another."""
    store = make_store("Kite & Co", slug="kite")
    return store, member_of(store, "owner", user=make_user("olga.kite@example.test"))

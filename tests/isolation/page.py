"""What the permission matrix says of one route."""

from typing import Any, NamedTuple


class Page(NamedTuple):
    """One route. access: public, signed in, staff, a capability, or the scope of a secret key after the word key.

    ids: how each place in the address is filled, as label.field of the scene's rows; "=text" stands for itself. form: what a POST carries
    so that the owner gets further than the first refusal. answers: what the owner may get.
    """

    access: str
    methods: str = "GET"
    ids: dict[str, str] = {}
    form: dict[str, Any] = {}
    answers: tuple[int, ...] = (200, 204, 302, 400, 422)

"""Where no mail server is set, the pages of a form and of the test inbox say where the mail that asks for a second yes is read."""

from typing import Any

import pytest
from django.test import Client

from retention.kit import clock
from tests.factories import member_of, signed_in
from tests.factories.signup import filled
from tests.signup.conftest import post_json

SAYS = "asks for a second yes is the product's own"
WAYS = [("page", 'href="/inbox/"'), ("terminal", "<code>./run manage --serve read_inbox</code>"), ("", "")]


@pytest.mark.parametrize(("read_by", "way"), WAYS)
def test_the_mail_somebody_waits_for_can_be_found(shop: Any, form: Any, settings: Any, read_by: str, way: str) -> None:
    settings.OWN_MAIL_READ_BY = read_by
    client = signed_in(member_of(shop))
    page, inbox = f"/s/{shop.slug}/forms/{form.public_id}/", f"/s/{shop.slug}/inbox/"
    assert SAYS not in client.get(page).content.decode(), "nobody waits yet"
    assert post_json(Client(), form, filled(form, now=clock.now())).status_code == 200
    for address in (page, inbox):
        said = client.get(address).content.decode().replace("&#x27;", "'")
        assert (SAYS in said) == bool(read_by)
        assert way in said

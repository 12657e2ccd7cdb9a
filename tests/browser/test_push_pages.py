"""The pages of push messages as a merchant sees them: the editor with the notification beside it, and one in the test inbox."""

from typing import Any

import pytest
from django.conf import settings as product

from campaigns.personalization import saving
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.wording import Content, Wording
from retention.inbox.keeping import keep
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.browser.conftest import Site
from tests.browser.test_pages import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAID = PushText(
    "Three lamps of cork and glass came in this morning. {{ profile.first_name }}, the first week they are yours.",
    "https://lumen.example/new",
)
MAIL = b"""From: Lumen Coffee <lumen@inbox.example.test>\r
To: push@inbox.example.test\r
Subject: New lamps\r
X-Boomerang-Channel: push\r
\r
{"v": 1, "tag": "x", "title": "New lamps", "body": "Three lamps of cork and glass came in.", "url": "http://localhost:8000/c/x.0"}\r
"""


def test_the_pages_of_push_messages_are_sound(site: Site, settings: Any) -> None:
    store = site.side.store
    with store_context(store.pk):
        content = Content("push", Wording("New lamps, {{ profile.first_name }}", "", str(SAID)))
        template = saving.create("New lamps", content=content, user_id=None, now=clock.now(), channel="push")
    name = keep(product.INBOX_DIR, name=str(store.public_id), content=MAIL, sender="a@b.test", recipients=["c@d.test"]).name
    page = site.window(user=site.side.people["owner"]).new_page()
    faults = look(page, f"/s/{store.slug}/content/{template.public_id}/", name="push_editor")
    assert page.locator("#ct-title-count").text_content() == str(len(content.main.subject))
    page.fill("#ct-text", "four")
    assert page.locator("#ct-text-count").text_content() == "4"
    assert "New lamps, Luca" in str(page.frame_locator("iframe").locator("body").text_content())
    page.fill("#ct-text", "Kept for {{ profile.first_name }} as it is typed")
    page.frame_locator("#push-frame").get_by_text("Kept for Luca as it is typed").first.wait_for()
    assert str(page.locator("#push-saved").text_content()).startswith("Kept at ")
    faults += look(page, f"/s/{store.slug}/inbox/{name}/", name="push_in_inbox")
    faults += look(page, f"/s/{store.slug}/settings/channels/", name="channels_with_push")
    faults += look(page, f"/s/{store.slug}/settings/channels/webpush/", name="channel_webpush")
    assert not faults, "\n".join(faults)

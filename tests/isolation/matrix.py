"""The permission matrix: who may open what, written down by hand and compared with what the code says and does.

A new route, admin page, task or capability is one line here. It is data: `test_matrix.py` and `test_crawl.py` read it.
"""

from tests.isolation.measured import MEASURED_PAGES
from tests.isolation.page import Page
from tests.isolation.recovering import RECOVERY_PAGES
from tests.isolation.writing import WRITTEN_PAGES

ROLES = ("owner", "manager", "marketer", "writer", "analyst", "support")

# capability -> the roles that have it, in the order above; "-" stands for a role that has not.
CAPABILITIES: dict[str, str] = {
    "home.view": "owner manager marketer writer analyst support",
    "arriving.view": "owner manager marketer writer analyst support",
    "customers.view": "owner manager marketer - - support",
    "customers.edit": "owner manager marketer - - support",
    "customers.import": "owner manager marketer - - -",
    "customers.export": "owner manager - - - -",
    "customers.erase": "owner manager - - - -",
    "segments.view": "owner manager marketer writer analyst support",
    "segments.edit": "owner manager marketer - - -",
    "messages.view": "owner manager marketer writer analyst support",
    "messages.write": "owner manager marketer writer - -",
    "messages.edit": "owner manager marketer - - -",
    "messages.send": "owner manager marketer - - -",
    "sales.view": "owner manager marketer writer analyst support",
    "sales.edit": "owner manager marketer - - -",
    "catalog.view": "owner manager marketer writer analyst support",
    "orders.view": "owner manager marketer writer analyst support",
    "orders.edit": "owner manager - - - support",
    "suppliers.view": "owner manager - - analyst support",
    "suppliers.edit": "owner manager - - - -",
    "insight.view": "owner manager marketer - analyst -",
    "inbox.view": "owner manager marketer - - support",
    "senders.edit": "owner manager - - - -",
    "store.view": "owner manager - - - -",
    "store.edit": "owner manager - - - -",
    "team.view": "owner manager - - - -",
    "team.edit": "owner manager - - - -",
    "keys.view": "owner manager - - - -",
    "keys.edit": "owner manager - - - -",
    "webhooks.view": "owner manager - - - -",
    "webhooks.edit": "owner manager - - - -",
    "connections.view": "owner manager - - - -",
    "connections.edit": "owner manager - - - -",
    "audit.view": "owner manager - - - -",
    "security.edit": "owner - - - - -",
    "store.close": "owner - - - - -",
}


_MEMBERSHIP = {"number": "stores.Membership.pk"}
_CUSTOMER = {"public_id": "customers.Customer.public_id"}
_IMPORT = {"public_id": "customers.Import.public_id"}
_EVENT = {"arrival": "customers.CustomerEvent.arrival", "public_id": "customers.CustomerEvent.public_id"}
_VIEW = {"public_id": "customers.SavedView.public_id"}

PLATFORM_PAGES = {
    "healthz": Page("public"),
    "readyz": Page("public", answers=(200, 503)),
    "metrics": Page("public", answers=(200, 404)),
    "link_host_known": Page("public", answers=(200, 404)),
    "link_host_answer": Page("public", ids={"nonce": "=0123456789abcdef"}, answers=(404,)),
    "countdown": Page("public", ids={"until": "=1900000000", "color": "=0b6674"}),
    "survey": Page("public", "GET POST", ids={"token": "=nonsense"}, answers=(404,)),
    "basket_back": Page("public", "GET POST", ids={"token": "=nonsense"}, answers=(404,)),
    "click": Page("public", ids={"token": "=nonsense"}, answers=(404,)),
    "click_short": Page("public", ids={"token": "=nonsense"}, answers=(404,)),
    "hook_twilio_status": Page("public", "POST", ids={"public_id": "=00000000-0000-4000-8000-000000000000"}, answers=(404,)),
    "hook_twilio_reply": Page("public", "POST", ids={"public_id": "=00000000-0000-4000-8000-000000000000"}, answers=(404,)),
    "unsubscribe": Page("public", "GET POST", ids={"token": "=nonsense"}, answers=(404,)),
    "email_reports": Page("public", "POST", ids={"public_id": "=00000000-0000-4000-8000-000000000000"}, answers=(404,)),
    "hook_shopify": Page("public", "POST", ids={"token": "=nonsense"}, answers=(404,)),
    "hook_woocommerce": Page("public", "POST", ids={"token": "=nonsense"}, answers=(404,)),
}

PERSON_PAGES = {
    "stores:entrance": Page("public"),
    "stores:new": Page("signed in", "GET POST"),
    "stores:new_selling": Page("signed in", "GET POST"),
    "stores:new_selling_proposal": Page("signed in"),
    "stores:new_check": Page("signed in"),
    "stores:open": Page("signed in", "POST"),
    "stores:join": Page("public", ids={"link": "=nonsense"}, answers=(200, 404, 410)),
    "stores:join_now": Page("signed in", "POST", ids={"link": "=nonsense"}, answers=(200, 302, 404, 410)),
    "stores:account": Page("signed in"),
    "stores:save_account": Page("signed in", "POST"),
    "stores:theme": Page("signed in", "POST", form={"theme": "dark"}),
    "stores:second_factor": Page("signed in"),
    "stores:end_all_sign_ins": Page("signed in", "POST"),
    "stores:end_sign_in": Page("signed in", "POST", ids={"number": "=987654321"}, answers=(200, 302, 404)),
    "dashboard:styleguide": Page("staff"),
    "dashboard:styleguide_rows": Page("staff"),
    "dashboard:styleguide_check": Page("staff", "POST"),
    "stores:begin_visit": Page("staff", "POST", answers=(403,)),
    "stores:end_visit": Page("staff", "POST", answers=(403,)),
}

SETTINGS_PAGES = {
    "settings:entrance": Page("home.view"),
    "settings:store": Page("store.view"),
    "settings:save_store": Page("store.edit", "POST"),
    "settings:team": Page("team.view"),
    "settings:invite": Page("team.edit", "POST", form={"email": "new@example.test", "role": "analyst"}),
    "settings:leave": Page("home.view", "POST", answers=(200, 302, 409)),
    "settings:change_role": Page("team.edit", "POST", ids=_MEMBERSHIP, form={"role": "analyst"}),
    "settings:remove": Page("team.edit", "POST", ids=_MEMBERSHIP),
    "settings:withdraw": Page("team.edit", "POST", ids={"number": "stores.Invitation.pk"}),
    "settings:keys": Page("keys.view"),
    "settings:new_key": Page("keys.edit"),
    "settings:make_key": Page("keys.edit", "POST", form={"kind": "secret", "label": "New", "scopes": "customers:read"}),
    "settings:revoke_key": Page("keys.edit", "POST", ids={"number": "stores.ApiKey.pk"}),
    "settings:security": Page("home.view"),
    "settings:audit": Page("audit.view"),
}

_SEGMENT = {"public_id": "segments.Segment.public_id"}
_SEGMENT_FORM = {
    "name": "New", "rule": {"version": 1, "root": {"join": "all", "rules": [{"is": "country", "op": "is", "values": ["DE"]}]}},
}  # fmt: skip
_WEBHOOK = {"public_id": "webhooks.Endpoint.public_id"}
_WEBHOOK_FORM = {"url": "http://localhost:1/hooks", "description": "New", "types": "customer.created"}
_DELIVERY = _WEBHOOK | {"delivery_id": "webhooks.WebhookDelivery.public_id"}
WEBHOOK_PAGES = {
    "webhooks:list": Page("webhooks.view"),
    "webhooks:new": Page("webhooks.edit"),
    "webhooks:make": Page("webhooks.edit", "POST", form=_WEBHOOK_FORM),
    "webhooks:detail": Page("webhooks.view", ids=_WEBHOOK),
    "webhooks:change": Page("webhooks.edit", "GET POST", ids=_WEBHOOK, form=_WEBHOOK_FORM),
    "webhooks:rotate": Page("webhooks.edit", "POST", ids=_WEBHOOK),
    "webhooks:test": Page("webhooks.edit", "POST", ids=_WEBHOOK),
    "webhooks:pause": Page("webhooks.edit", "POST", ids=_WEBHOOK),
    "webhooks:resume": Page("webhooks.edit", "POST", ids=_WEBHOOK),
    "webhooks:remove": Page("webhooks.edit", "POST", ids=_WEBHOOK),
    "webhooks:replay_failed": Page("webhooks.edit", "POST", ids=_WEBHOOK, form={"first": "2026-01-01", "last": "2026-12-31"}),
    "webhooks:delivery": Page("webhooks.view", ids=_DELIVERY),
    "webhooks:replay": Page("webhooks.edit", "POST", ids=_DELIVERY),
}

_SHOP = {"public_id": "intake.ShopConnection.public_id"}
INTAKE_PAGES = {
    "intake:shops": Page("connections.view"),
    "intake:new_shop": Page("connections.edit"),
    "intake:connect_shop": Page("connections.edit", "POST", form={"kind": "shopify", "name": "new.example.test"}),
    "intake:shop": Page("connections.view", ids=_SHOP),
    "intake:change_secret": Page("connections.edit", "POST", ids=_SHOP, form={"secret": "another-secret-000"}),
    "intake:try_shop": Page("connections.edit", "POST", ids=_SHOP),
    "intake:disconnect_shop": Page("connections.edit", "POST", ids=_SHOP, answers=(302, 404)),
    "intake:replay": Page("connections.edit", "POST", ids=_SHOP | {"delivery": "intake.Delivery.public_id"}),
}

CUSTOMER_PAGES = {
    "customers:arriving": Page("arriving.view"),
    "customers:list": Page("customers.view"),
    "customers:detail": Page("customers.view", ids=_CUSTOMER),
    "customers:export_one": Page("customers.export", ids=_CUSTOMER),
    "customers:erase": Page("customers.erase", "POST", ids=_CUSTOMER, form={"name": "nobody"}),
    "customers:exports": Page("customers.export"),
    "customers:export": Page("customers.export", "POST", form={"kind": "customers"}),
    "customers:export_download": Page("customers.export", ids={"public_id": "customers.Export.public_id"}, answers=(200, 302, 404)),
    "customers:imports": Page("customers.import"),
    "customers:import_new": Page("customers.import", "GET POST"),
    "customers:import": Page("customers.import", ids=_IMPORT),
    "customers:import_map": Page("customers.import", "POST", ids=_IMPORT, form={"column_0": "email"}),
    "customers:import_run": Page("customers.import", "POST", ids=_IMPORT),
    "customers:import_pause": Page("customers.import", "POST", ids=_IMPORT),
    "customers:import_resume": Page("customers.import", "POST", ids=_IMPORT),
    "customers:import_cancel": Page("customers.import", "POST", ids=_IMPORT),
    "customers:import_report": Page("customers.import", ids=_IMPORT),
    "customers:import_changes": Page("customers.import", ids=_IMPORT),
    "customers:event": Page("customers.view", ids=_EVENT),
    "customers:totals": Page("customers.view"),
    "customers:save_view": Page("customers.view", "POST", form={"name": "Mine", "base": "known"}),
    "customers:open_view": Page("customers.view", ids=_VIEW, answers=(302, 404)),
    "customers:rename_view": Page("customers.view", "POST", ids=_VIEW, form={"name": "Renamed"}, answers=(302, 404)),  # each person's own
    "customers:delete_view": Page("customers.view", "POST", ids=_VIEW, answers=(302, 404)),
    "customers:edit": Page("customers.edit", ids=_CUSTOMER),
    "customers:save": Page("customers.edit", "POST", ids=_CUSTOMER, form={"city": "Lyon"}),
    "customers:find_other": Page("customers.edit", ids=_CUSTOMER),
    "customers:compare": Page("customers.edit"),
    "customers:join": Page("customers.edit", "POST", ids=_CUSTOMER | {"other": "customers.Customer.public_id"}),
}

SALES_PAGES = {
    "catalog:products": Page("catalog.view"),
    "catalog:product": Page("catalog.view", ids={"public_id": "catalog.Product.public_id"}),
    "orders:orders": Page("orders.view"),
    "orders:order": Page("orders.view", ids={"public_id": "orders.Order.public_id"}),
    "orders:baskets": Page("orders.view"),
    "orders:basket": Page("orders.view", ids={"public_id": "orders.Cart.public_id"}),
}

_JOURNEY = {"public_id": "campaigns.Journey.public_id"}
_CAMPAIGN = {"public_id": "campaigns.Campaign.public_id"}
_PROVIDER = {"which": "=twilio"}
_TWILIO_FORM = {"account_sid": "AC" + "0" * 32, "auth_token": "another-secret-000", "from": "+15005550006"}
_CODE = {"code": "campaigns.Coupon.code"}
_TEMPLATE = {"public_id": "campaigns.Template.public_id"}
CAMPAIGN_PAGES = {
    "campaigns:connections": Page("connections.view"),
    "campaigns:connection": Page("connections.edit", "GET POST", ids=_PROVIDER, form=_TWILIO_FORM),
    "campaigns:senders": Page("connections.view"),
    "campaigns:sender_add": Page("senders.edit", "POST", form={"name": "Ana", "address": "ana@lumen.example.test"}),
    "campaigns:sender_remove": Page("senders.edit", "POST", ids={"public_id": "campaigns.Sender.public_id"}),
    "campaigns:domain_check": Page("senders.edit", "POST", answers=(404,)),
    "campaigns:link_host_add": Page("senders.edit", "POST", form={"host": "links.lumen.example.test"}),
    "campaigns:link_host_check": Page("senders.edit", "POST", ids={"public_id": "campaigns.LinkHost.public_id"}, answers=(302, 404)),
    "campaigns:link_host_retire": Page("senders.edit", "POST", ids={"public_id": "campaigns.LinkHost.public_id"}, answers=(302, 404)),
    "campaigns:test_connection": Page("connections.edit", "POST", ids=_PROVIDER),
    "campaigns:stop_connection": Page("connections.edit", "POST", ids=_PROVIDER),
    "campaigns:share_connection": Page("connections.edit", "POST", ids=_PROVIDER, answers=(302, 404)),
    "campaigns:campaigns": Page("messages.view"),
    "campaigns:new_campaign": Page("messages.write", "GET POST", form={"ready_made": "newsletter"}),
    "campaigns:campaign": Page("messages.view", ids=_CAMPAIGN),
    "campaigns:campaign_progress": Page("messages.view", ids=_CAMPAIGN),
    "campaigns:campaign_clicks": Page("messages.view", ids=_CAMPAIGN, answers=(200, 404)),
    "campaigns:campaign_figures": Page("messages.view", ids=_CAMPAIGN),
    "campaigns:campaign_messages": Page("messages.view", ids=_CAMPAIGN),
    "campaigns:campaign_preview": Page("messages.view", ids=_CAMPAIGN),
    "campaigns:campaign_edit": Page("messages.write", "GET POST", ids=_CAMPAIGN, form={"name": "Other"}, answers=(200, 302, 404, 422)),
    "campaigns:campaign_reach": Page("messages.write", "POST", ids=_CAMPAIGN),
    "campaigns:campaign_start": Page("messages.send", "POST", ids=_CAMPAIGN),
    "campaigns:campaign_pause": Page("messages.edit", "POST", ids=_CAMPAIGN),
    "campaigns:campaign_resume": Page("messages.send", "POST", ids=_CAMPAIGN),
    "campaigns:campaign_ask": Page("messages.write", "POST", ids=_CAMPAIGN),
    "campaigns:campaign_return": Page("messages.send", "POST", ids=_CAMPAIGN),
    "campaigns:campaign_try": Page("messages.write", "POST", ids=_CAMPAIGN),
    "campaigns:campaign_unarchive": Page("messages.edit", "POST", ids=_CAMPAIGN),
    "campaigns:campaign_cancel": Page("messages.edit", "POST", ids=_CAMPAIGN),
    "campaigns:campaign_archive": Page("messages.edit", "POST", ids=_CAMPAIGN),
    "campaigns:campaign_duplicate": Page("messages.write", "POST", ids=_CAMPAIGN),
    "campaigns:campaign_again": Page("messages.edit", "POST", ids=_CAMPAIGN),
    "campaigns:journeys": Page("messages.view"),
    "campaigns:playbooks": Page("messages.view"),
    "campaigns:playbook": Page("messages.view", ids={"key": "=welcome"}),
    "campaigns:playbook_message": Page("messages.view", ids={"key": "=welcome", "message": "=welcome-hello"}),
    "campaigns:playbook_on": Page("messages.send", "POST", ids={"key": "=welcome"}),
    "campaigns:playbook_draft": Page("messages.edit", "POST", ids={"key": "=welcome"}),
    "campaigns:journey": Page("messages.view", ids=_JOURNEY),
    "campaigns:messages": Page("messages.view", ids=_JOURNEY),
    "campaigns:pause": Page("messages.edit", "POST", ids=_JOURNEY),
    "campaigns:resume": Page("messages.send", "POST", ids=_JOURNEY),
    "campaigns:why": Page("customers.view", ids=_CUSTOMER),
    "campaigns:template_rule": Page("messages.edit", "GET POST", ids=_TEMPLATE, form={"sold_out": "block"}),
    "campaigns:campaign_rule": Page("messages.edit", "GET POST", ids=_CAMPAIGN, form={"sold_out": "block"}),
    "campaigns:step_rule": Page("messages.edit", "GET POST", ids={**_JOURNEY, "step": "=first"}, form={"sold_out": "block"}),
    "campaigns:templates": Page("messages.view"),
    "campaigns:new_template": Page("messages.edit", "GET POST", form={"name": "News"}),
    "campaigns:phrases": Page("messages.edit", "GET POST", form={"language": "de", "unsubscribe": "Weg"}),
    "campaigns:ready_preview": Page("messages.edit", ids={"key": "=welcome"}),
    "campaigns:template_work": Page("messages.edit", "POST", ids=_TEMPLATE, answers=(200, 409)),
    "campaigns:template_sms": Page("messages.edit", "POST", ids=_TEMPLATE, answers=(404, 409)),
    "campaigns:template_people": Page("messages.edit", ids=_TEMPLATE),
    "campaigns:template_links": Page("messages.edit", "POST", ids=_TEMPLATE),
    "campaigns:template_versions": Page("messages.edit", ids=_TEMPLATE),
    "campaigns:template_languages": Page("messages.edit", "GET POST", ids=_TEMPLATE, answers=(200, 302, 422)),
    "campaigns:brand": Page("store.edit", "GET POST", form={"brand_color": "#123456"}, answers=(200, 302, 422)),
    "campaigns:brand_preview": Page("store.edit"),
    "campaigns:template": Page("messages.edit", "GET POST", ids=_TEMPLATE, answers=(200, 302, 409)),
    "campaigns:template_try": Page("messages.edit", "GET POST", ids=_TEMPLATE),
    "campaigns:template_preview": Page("messages.edit", ids=_TEMPLATE),
    "campaigns:template_restore": Page("messages.edit", "POST", ids=_TEMPLATE, form={"number": "0"}, answers=(302, 404)),
    "campaigns:template_duplicate": Page("messages.edit", "POST", ids=_TEMPLATE),
}

# A draft is nobody's business but the store's: its public pages say that there is no such form.
_FORM = {"public_id": "signup.SignupForm.public_id"}
SIGNUP_PAGES = {
    "opening": Page("public", ids={"token": "=nonsense"}, answers=(200,)),
    "onsite_messages": Page("public", "GET POST", answers=(400, 401)),
    "push_browsers": Page("public", "GET POST", answers=(400, 401)),
    "signup:hosted": Page("public", "GET POST", ids=_FORM, answers=(404,)),
    "signup:description": Page("public", ids=_FORM, answers=(404,)),
    "signup:answer": Page("public", "POST", ids=_FORM, answers=(404,)),
    "signup:shown": Page("public", "POST", ids=_FORM, answers=(204,)),
    "signup:confirm": Page("public", "GET POST", ids={"token": "=nonsense"}, answers=(404,)),
    "signup:new_address": Page("public", "GET POST", ids={"token": "=nonsense"}, answers=(404,)),
    "signup:preferences": Page("public", "GET POST", ids={"token": "=nonsense"}, answers=(404,)),
    "signup:colors": Page("public", ids={"color": "=0b6674"}, answers=(200,)),
    "signup:list": Page("messages.view"),
    "signup:make": Page("messages.edit", "POST"),
    "signup:make_topic": Page("messages.edit", "POST", form={"name": "Restocks"}),
    "signup:archive_topic": Page("messages.edit", "POST", ids={"public_id": "signup.Topic.public_id"}),
    "signup:form": Page("messages.view", ids=_FORM),
    "signup:builder": Page("messages.edit", "GET POST", ids=_FORM, form={"do": "save"}),
    "signup:preview": Page("messages.edit", "POST", ids=_FORM),
    "signup:set_live": Page("messages.edit", "POST", ids=_FORM),
    "signup:pause": Page("messages.edit", "POST", ids=_FORM),
    "signup:archive": Page("messages.edit", "POST", ids=_FORM),
    "segments:list": Page("segments.view"),
    "segments:library": Page("segments.view"),
    "segments:new": Page("segments.edit", "GET POST", form={"do": "done"}),
    "segments:new_list": Page("segments.edit", "GET POST", form={"name": "People", "people": "nobody@example.test"}),
    "segments:count": Page("segments.edit", "POST", form={"rule": "{}"}),
    "segments:overlap": Page("segments.view"),
    "segments:postcodes": Page("segments.edit", "GET POST"),
    "segments:postcodes_remove": Page("segments.edit", "POST", form={"country": "DE"}),
    "segments:detail": Page("segments.view", ids=_SEGMENT),
    "segments:edit": Page("segments.edit", "GET POST", ids=_SEGMENT, form={"do": "done"}),
    "segments:edit_list": Page("segments.edit", "GET POST", ids=_SEGMENT, form={"name": "X"}, answers=(200, 302, 404, 422)),
    "segments:reach": Page("segments.view", ids=_SEGMENT),
    "segments:why": Page("customers.view", ids=_SEGMENT),
    "segments:export": Page("customers.export", ids=_SEGMENT),
    "segments:archive": Page("segments.edit", "POST", ids=_SEGMENT),
    "segments:restore": Page("segments.edit", "POST", ids=_SEGMENT, answers=(302, 404)),
    "segments:duplicate": Page("segments.edit", "POST", ids=_SEGMENT, answers=(302, 404)),
    "segments:freeze": Page("segments.edit", "POST", ids=_SEGMENT, answers=(302, 404)),
    "segments:discard": Page("segments.edit", "POST", ids=_SEGMENT, answers=(302, 404)),
}

HOME_PAGES = {
    "home": Page("home.view"),
    "home_live": Page("home.view"),
    "home_listening": Page("home.view"),
    "home_checklist": Page("store.edit", "POST"),
    "home_website": Page("keys.view"),
    "home_website_heard": Page("keys.view"),
    "home_website_key": Page("keys.edit", "POST"),
}

_MAIL = {"mail": "=nonsense"}
INBOX_PAGES = {
    "inbox:list": Page("inbox.view"),
    "inbox:mail": Page("inbox.view", ids=_MAIL, answers=(404,)),
    "inbox:body": Page("inbox.view", ids=_MAIL, answers=(404,)),
    "inbox:product": Page("public", answers=(403,)),  # outside the demo for staff only
    "inbox:product_mail": Page("public", ids=_MAIL, answers=(403,)),
    "inbox:product_body": Page("public", ids=_MAIL, answers=(403,)),
}

# The demo's shop is there in the demo only; its pages hold nothing of a store but the public key.
_PRODUCT = {"sku": "=hand-grinder"}
SHOP_PAGES = {
    "demo_shop:shelf": Page("public", answers=(404,)),
    "demo_shop:one_shelf": Page("public", ids={"shelf": "=coffee"}, answers=(404,)),
    "demo_shop:product": Page("public", ids=_PRODUCT, answers=(404,)),
    "demo_shop:wish": Page("public", "POST", ids=_PRODUCT, answers=(404,)),
    "demo_shop:put": Page("public", "POST", ids=_PRODUCT, answers=(404,)),
    "demo_shop:wishes": Page("public", answers=(404,)),
    "demo_shop:basket": Page("public", answers=(404,)),
    "demo_shop:restore": Page("public", ids={"token": "=nonsense"}, answers=(404,)),
    "demo_shop:contact": Page("public", "GET POST", answers=(404,)),
    "demo_shop:delivery": Page("public", "GET POST", answers=(404,)),
    "demo_shop:payment": Page("public", "GET POST", answers=(404,)),
    "demo_shop:worker": Page("public", answers=(404,)),
    "demo_shop:order": Page("public", answers=(404,)),
}

_WHO = {"email": "new@example.test"}
_ORDER_FORM = {
    "number": "1", "customer": _WHO, "currency": "EUR", "total_minor": 100, "placed_at": "2026-01-02T03:04:05Z",
    "lines": [{"product_id": "p", "price_minor": 100}],
}  # fmt: skip
_REFUND_FORM = {
    "number": "r", "order_number": "1", "customer": _WHO, "currency": "EUR", "total_minor": 100, "refunded_at": "2026-01-02T03:04:05Z",
}  # fmt: skip
_API_WEBHOOK = {"url": "http://localhost:1/hooks", "types": ["customer.created"]}
API_PAGES = {
    "api:docs": Page("public"),
    "api:schema": Page("public"),
    "api:unknown": Page("public", ids={"rest": "=v1/nowhere"}, answers=(404,)),
    "api:store": Page("key store:read"),
    "api:customers": Page("key customers:read customers:write", "GET POST", form={"email": "new@example.test"}, answers=(200, 201)),
    "api:customer": Page(
        "key customers:erase customers:read customers:write", "GET PATCH DELETE", ids=_CUSTOMER, form={"city": "Riga"}, answers=(200, 204)
    ),
    "api:imports": Page("key imports:read imports:write", "GET POST", form={"page_size": "5"}, answers=(200, 415)),
    "api:import": Page("key imports:read", ids={"public_id": "customers.Import.public_id"}, answers=(200,)),
    "api:import_run": Page("key imports:write", "POST", ids={"public_id": "customers.Import.public_id"}, answers=(202, 409)),
    "api:consents": Page(
        "key customers:read customers:write",
        "GET POST",
        ids=_CUSTOMER,
        form={"channel": "email", "status": "granted"},
        answers=(200, 201),
    ),
    "api:products": Page("key catalog:read catalog:write", "GET POST", form={"products": [{"shop_id": "p", "name": "P"}]}, answers=(200,)),
    "api:product": Page("key catalog:read", ids={"public_id": "catalog.Product.public_id"}, answers=(200,)),
    "api:stock": Page("key catalog:write", "POST", form={"stock": [{"sku": "p", "available": 1}]}, answers=(200,)),
    "api:orders": Page("key orders:read orders:write", "GET POST", form={"orders": [_ORDER_FORM]}, answers=(200, 202)),
    "api:order": Page("key orders:read", ids={"public_id": "orders.Order.public_id"}, answers=(200,)),
    "api:refunds": Page("key orders:read orders:write", "GET POST", form={"refunds": [_REFUND_FORM]}, answers=(200, 202)),
    "api:events": Page("key events:read", answers=(200,)),
    "api:segments": Page("key segments:read segments:write", "GET POST", form=_SEGMENT_FORM, answers=(200, 201)),
    "api:segments_count": Page("key segments:read", "POST", form={"rule": _SEGMENT_FORM["rule"]}, answers=(200,)),
    "api:segment": Page("key segments:read segments:write", "GET PATCH DELETE", ids=_SEGMENT, form={"note": "Other"}, answers=(200, 204)),
    "api:segment_members": Page("key segments:read", ids=_SEGMENT, answers=(200,)),
    "api:customer_segments": Page("key segments:read", ids=_CUSTOMER, answers=(200,)),
    "api:campaigns": Page("key campaigns:read campaigns:write", "GET POST", form={"name": "New"}, answers=(200, 201)),
    "api:campaign": Page("key campaigns:read", ids=_CAMPAIGN, answers=(200,)),
    "api:campaign_start": Page("key campaigns:send", "POST", ids=_CAMPAIGN, answers=(200, 400)),
    "api:campaign_ask": Page("key campaigns:write", "POST", ids=_CAMPAIGN, answers=(200, 400, 409)),
    "api:campaign_approve": Page("key campaigns:approve", "POST", ids=_CAMPAIGN, form={"mark": "0"}, answers=(200, 409)),
    "api:campaign_reject": Page("key campaigns:approve", "POST", ids=_CAMPAIGN, answers=(200, 409)),
    "api:campaign_pause": Page("key campaigns:write", "POST", ids=_CAMPAIGN, answers=(200, 409)),
    "api:campaign_resume": Page("key campaigns:send", "POST", ids=_CAMPAIGN, answers=(200, 409)),
    "api:customer_decisions": Page("key customers:read", ids=_CUSTOMER, answers=(200,)),
    "api:customer_not_written": Page("key customers:read", ids=_CUSTOMER, answers=(200,)),
    "api:coupon": Page("key coupons:read", ids=_CODE, answers=(200,)),
    "api:coupon_redeem": Page("key coupons:write", "POST", ids=_CODE, form={"order_id": "W-1"}, answers=(200, 409)),
    "api:coupon_release": Page("key coupons:write", "POST", ids=_CODE, form={"order_id": "W-1"}, answers=(200, 409)),
    "api:campaign_cancel": Page("key campaigns:write", "POST", ids=_CAMPAIGN, answers=(200, 409)),
    "api:webhooks": Page("key webhooks:read webhooks:write", "GET POST", form=_API_WEBHOOK, answers=(200, 201, 400)),
    "api:webhook": Page(
        "key webhooks:read webhooks:write", "GET PATCH DELETE", ids=_WEBHOOK, form={"description": "Other"}, answers=(200, 204)
    ),
    "api:webhook_secret": Page("key webhooks:write", "POST", ids=_WEBHOOK, answers=(200,)),
}

# The library's account pages guard themselves; they show a person their own account and nothing of any store.
_KEY = {"key": "=nonsense"}
ACCOUNT_PAGES = {
    "account_login": Page("public", "GET POST"),
    "account_logout": Page("public", "GET POST"),
    "account_inactive": Page("public"),
    "account_signup": Page("public", "GET POST"),
    "account_reauthenticate": Page("public", "GET POST"),
    "account_email": Page("public", "GET POST"),
    "account_email_verification_sent": Page("public"),
    "account_change_password": Page("public", "GET POST"),
    "account_set_password": Page("public", "GET POST"),
    "account_reset_password": Page("public", "GET POST"),
    "account_confirm_login_code": Page("public", "GET POST"),
    "account_confirm_email": Page("public", "GET POST", ids=_KEY, answers=(200, 302, 404, 405)),
    "account_reset_password_from_key": Page("public", "GET POST", ids=_KEY | {"uidb36": "=1"}),
    "account_reset_password_from_key_done": Page("public"),
    "account_reset_password_done": Page("public"),
    "mfa_index": Page("public"),
    "mfa_authenticate": Page("public", "GET POST"),
    "mfa_reauthenticate": Page("public", "GET POST"),
    "mfa_activate_totp": Page("public", "GET POST"),
    "mfa_deactivate_totp": Page("public", "GET POST", answers=(200, 302, 404)),
    "mfa_view_recovery_codes": Page("public", answers=(200, 302, 404)),
    "mfa_generate_recovery_codes": Page("public", "GET POST"),
    "mfa_download_recovery_codes": Page("public", answers=(200, 302, 404)),
    "mfa_list_webauthn": Page("public"),
    "mfa_add_webauthn": Page("public", "GET POST"),
    "mfa_reauthenticate_webauthn": Page("public", "GET POST"),
    "mfa_remove_webauthn": Page("public", "GET POST", ids={"pk": "=1"}, answers=(302, 404)),
    "mfa_edit_webauthn": Page("public", "GET POST", ids={"pk": "=1"}, answers=(302, 404)),
    "mfa_login_webauthn": Page("public", "GET POST"),
}

PAGES: dict[str, Page] = (
    PLATFORM_PAGES | PERSON_PAGES | SETTINGS_PAGES | WEBHOOK_PAGES | INTAKE_PAGES | CUSTOMER_PAGES | CAMPAIGN_PAGES | HOME_PAGES
    | INBOX_PAGES | SHOP_PAGES | SALES_PAGES | API_PAGES | MEASURED_PAGES | WRITTEN_PAGES | RECOVERY_PAGES | ACCOUNT_PAGES | SIGNUP_PAGES
)  # fmt: skip

# Celery tasks: "tick" finds its work across stores by itself, "store" takes store_id.
TASKS: dict[str, str] = {
    "segments.tasks.evaluate": "tick",
    "segments.tasks.fill": "tick",
    "segments.tasks.sweep": "tick",
    "campaigns.tasks.dispatch": "tick",
    "campaigns.tasks.let_go": "tick",
    "campaigns.tasks.look_at_hosts": "tick",
    "campaigns.tasks.recount_credits": "tick",
    "campaigns.tasks.replay_journeys": "tick",
    "campaigns.tasks.count_contacts": "tick",
    "campaigns.tasks.run_campaigns": "tick",
    "campaigns.tasks.run_journeys": "tick",
    "campaigns.tasks.run_recovery": "tick",
    "campaigns.tasks.sweep": "tick",
    "campaigns.tasks.watch": "tick",
    "retention.customers.tasks.bring_in": "tick",
    "retention.customers.tasks.let_events_go": "tick",
    "retention.customers.tasks.make_exports": "tick",
    "retention.customers.tasks.settle_erasures": "tick",
    "retention.celery.look": "tick",
    "retention.intake.tasks.apply_deliveries": "tick",
    "retention.intake.tasks.project": "tick",
    "retention.intake.tasks.sweep_keys": "tick",
    "retention.intake.tasks.sweep_deliveries": "tick",
    "retention.notices.tasks.deliver": "tick",
    "retention.notices.tasks.tidy": "tick",
    "retention.orders.tasks.note_idle": "tick",
    "retention.rest.tasks.sweep_answers": "tick",
    "retention.signup.tasks.tidy": "tick",
    "retention.stores.tasks.tidy": "tick",
    "retention.stores.tasks.verify_audits": "tick",
    "retention.webhooks.tasks.send": "tick",
    "retention.webhooks.tasks.tidy": "tick",
}

"""Addresses of the campaigns floor: a store's pages under `/s/<store>/`, and the public ones behind links in messages and for providers."""

from django.urls import URLPattern, path

from campaigns.views import broadcasts, clicks, connections, coupons, domains, hooks, journeys, messages, reports, rules, unsubscribing, why
from campaigns.views.content import editing, listing

app_name = "campaigns"

PUBLIC: list[URLPattern] = [
    path("c/<str:token>", clicks.follow, name="click"),
    path("hooks/email/<uuid:public_id>", reports.take_email, name="email_reports"),
    path("l/<str:token>", clicks.follow_short, name="click_short"),
    path("hooks/twilio/<uuid:public_id>/status", hooks.twilio_status, name="hook_twilio_status"),
    path("hooks/twilio/<uuid:public_id>/reply", hooks.twilio_reply, name="hook_twilio_reply"),
    path("u/<str:token>", unsubscribing.unsubscribe, name="unsubscribe"),
]

urlpatterns: list[URLPattern] = [
    path("settings/channels/", connections.list_connections, name="connections"),
    path("settings/channels/senders/", domains.show_senders, name="senders"),
    path("settings/channels/senders/add/", domains.add_sender, name="sender_add"),
    path("settings/channels/senders/<uuid:public_id>/remove/", domains.remove_sender, name="sender_remove"),
    path("settings/channels/senders/check/", domains.check_domain, name="domain_check"),
    path("settings/channels/<slug:provider>/", connections.edit_connection, name="connection"),
    path("settings/channels/<slug:provider>/test/", connections.test_connection, name="test_connection"),
    path("settings/channels/<slug:provider>/stop/", connections.stop_connection, name="stop_connection"),
    path("campaigns/", broadcasts.list_campaigns, name="campaigns"),
    path("campaigns/new/", broadcasts.new_campaign, name="new_campaign"),
    path("campaigns/<uuid:public_id>/", broadcasts.show_campaign, name="campaign"),
    path("campaigns/<uuid:public_id>/progress/", broadcasts.show_progress, name="campaign_progress"),
    path("campaigns/<uuid:public_id>/clicks/", broadcasts.show_click_map, name="campaign_clicks"),
    path("campaigns/<uuid:public_id>/figures.csv", broadcasts.export_figures, name="campaign_figures"),
    path("campaigns/<uuid:public_id>/messages/", messages.list_campaign_messages, name="campaign_messages"),
    path("campaigns/<uuid:public_id>/preview/", broadcasts.preview_campaign, name="campaign_preview"),
    path("campaigns/<uuid:public_id>/edit/", broadcasts.edit_campaign, name="campaign_edit"),
    path("campaigns/<uuid:public_id>/reach/", broadcasts.show_reach, name="campaign_reach"),
    path("campaigns/<uuid:public_id>/ask/", broadcasts.ask_campaign, name="campaign_ask"),
    path("campaigns/<uuid:public_id>/return/", broadcasts.return_campaign, name="campaign_return"),
    path("campaigns/<uuid:public_id>/try/", broadcasts.try_campaign, name="campaign_try"),
    path("campaigns/<uuid:public_id>/start/", broadcasts.start_campaign, name="campaign_start"),
    path("campaigns/<uuid:public_id>/pause/", broadcasts.pause_campaign, name="campaign_pause"),
    path("campaigns/<uuid:public_id>/resume/", broadcasts.resume_campaign, name="campaign_resume"),
    path("campaigns/<uuid:public_id>/cancel/", broadcasts.cancel_campaign, name="campaign_cancel"),
    path("campaigns/<uuid:public_id>/archive/", broadcasts.archive_campaign, name="campaign_archive"),
    path("campaigns/<uuid:public_id>/unarchive/", broadcasts.unarchive_campaign, name="campaign_unarchive"),
    path("campaigns/<uuid:public_id>/duplicate/", broadcasts.duplicate_campaign, name="campaign_duplicate"),
    path("campaigns/<uuid:public_id>/again/", broadcasts.write_campaign_again, name="campaign_again"),
    path("journeys/", journeys.list_journeys, name="journeys"),
    path("journeys/switch-on/<slug:key>/", journeys.switch_on, name="switch_on"),
    path("journeys/<uuid:public_id>/", journeys.show_journey, name="journey"),
    path("journeys/<uuid:public_id>/messages/", messages.list_messages, name="messages"),
    path("journeys/<uuid:public_id>/pause/", journeys.pause_journey, name="pause"),
    path("journeys/<uuid:public_id>/resume/", journeys.resume_journey, name="resume"),
    path("journeys/<uuid:public_id>/steps/<slug:step>/rule/", rules.step_rule, name="step_rule"),
    path("campaigns/<uuid:public_id>/rule/", rules.campaign_rule, name="campaign_rule"),
    path("content/<uuid:public_id>/rule/", rules.template_rule, name="template_rule"),
    path("customers/<uuid:public_id>/why/", why.why, name="why"),
    path("coupons/", coupons.list_pools, name="coupon_pools"),
    path("coupons/new/", coupons.new_pool, name="new_coupon_pool"),
    path("coupons/<uuid:public_id>/", coupons.show_pool, name="coupon_pool"),
    path("coupons/<uuid:public_id>/add/", coupons.add_to_pool, name="coupon_pool_add"),
    path("coupons/<uuid:public_id>/archive/", coupons.archive_pool, name="coupon_pool_archive"),
    path("coupons/<uuid:public_id>/codes.csv", coupons.export_codes, name="coupon_codes"),
    path("content/", listing.list_templates, name="templates"),
    path("content/new/", listing.new_template, name="new_template"),
    path("content/<uuid:public_id>/", editing.edit_template, name="template"),
    path("content/<uuid:public_id>/try/", broadcasts.try_template, name="template_try"),
    path("content/<uuid:public_id>/preview/", editing.preview_template, name="template_preview"),
    path("content/<uuid:public_id>/restore/", editing.restore_version, name="template_restore"),
    path("content/<uuid:public_id>/duplicate/", listing.duplicate_template, name="template_duplicate"),
]

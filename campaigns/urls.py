"""Addresses of the campaigns floor: a store's pages under `/s/<store>/`, and the public ones behind links in messages and for providers."""

from django.urls import URLPattern, path

from campaigns.views import broadcasts, browsers, clicks, connections, hooks, journeys, messages, openings, reports, unsubscribing, visits
from campaigns.views.content import editing, listing

app_name = "campaigns"

PUBLIC: list[URLPattern] = [
    path("c/<str:token>", clicks.follow, name="click"),
    path("hooks/email/<uuid:public_id>", reports.take_email, name="email_reports"),
    path("l/<str:token>", clicks.follow_short, name="click_short"),
    path("hooks/twilio/<uuid:public_id>/status", hooks.twilio_status, name="hook_twilio_status"),
    path("hooks/twilio/<uuid:public_id>/reply", hooks.twilio_reply, name="hook_twilio_reply"),
    path("o/<str:token>", openings.load, name="opening"),
    path("push/browsers", browsers.take_browser, name="push_browsers"),
    path("site/messages", visits.onsite, name="onsite_messages"),
    path("u/<str:token>", unsubscribing.unsubscribe, name="unsubscribe"),
]

urlpatterns: list[URLPattern] = [
    path("settings/channels/", connections.list_connections, name="connections"),
    path("settings/channels/<slug:provider>/", connections.edit_connection, name="connection"),
    path("settings/channels/<slug:provider>/test/", connections.test_connection, name="test_connection"),
    path("settings/channels/<slug:provider>/stop/", connections.stop_connection, name="stop_connection"),
    path("campaigns/", broadcasts.list_campaigns, name="campaigns"),
    path("campaigns/new/", broadcasts.new_campaign, name="new_campaign"),
    path("campaigns/<uuid:public_id>/", broadcasts.show_campaign, name="campaign"),
    path("campaigns/<uuid:public_id>/progress/", broadcasts.show_progress, name="campaign_progress"),
    path("campaigns/<uuid:public_id>/preview/", broadcasts.preview_campaign, name="campaign_preview"),
    path("campaigns/<uuid:public_id>/edit/", broadcasts.edit_campaign, name="campaign_edit"),
    path("campaigns/<uuid:public_id>/reach/", broadcasts.show_reach, name="campaign_reach"),
    path("campaigns/<uuid:public_id>/start/", broadcasts.start_campaign, name="campaign_start"),
    path("campaigns/<uuid:public_id>/pause/", broadcasts.pause_campaign, name="campaign_pause"),
    path("campaigns/<uuid:public_id>/resume/", broadcasts.resume_campaign, name="campaign_resume"),
    path("campaigns/<uuid:public_id>/cancel/", broadcasts.cancel_campaign, name="campaign_cancel"),
    path("campaigns/<uuid:public_id>/archive/", broadcasts.archive_campaign, name="campaign_archive"),
    path("campaigns/<uuid:public_id>/duplicate/", broadcasts.duplicate_campaign, name="campaign_duplicate"),
    path("campaigns/<uuid:public_id>/again/", broadcasts.write_campaign_again, name="campaign_again"),
    path("journeys/", journeys.list_journeys, name="journeys"),
    path("journeys/switch-on/<slug:key>/", journeys.switch_on, name="switch_on"),
    path("journeys/<uuid:public_id>/", journeys.show_journey, name="journey"),
    path("journeys/<uuid:public_id>/messages/", messages.list_messages, name="messages"),
    path("journeys/<uuid:public_id>/pause/", journeys.pause_journey, name="pause"),
    path("journeys/<uuid:public_id>/resume/", journeys.resume_journey, name="resume"),
    path("content/", listing.list_templates, name="templates"),
    path("content/new/", listing.new_template, name="new_template"),
    path("content/<uuid:public_id>/", editing.edit_template, name="template"),
    path("content/<uuid:public_id>/preview/", editing.preview_template, name="template_preview"),
    path("content/<uuid:public_id>/restore/", editing.restore_version, name="template_restore"),
    path("content/<uuid:public_id>/duplicate/", listing.duplicate_template, name="template_duplicate"),
]

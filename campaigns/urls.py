"""Addresses of the campaigns floor: a store's pages under `/s/<store>/`, and the public ones behind links in messages and for providers."""

from django.urls import URLPattern, path

from campaigns.views import clicks, connections, hooks, journeys, messages, reports, unsubscribing

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
    path("settings/channels/<slug:provider>/", connections.edit_connection, name="connection"),
    path("settings/channels/<slug:provider>/test/", connections.test_connection, name="test_connection"),
    path("settings/channels/<slug:provider>/stop/", connections.stop_connection, name="stop_connection"),
    path("journeys/", journeys.list_journeys, name="journeys"),
    path("journeys/switch-on/<slug:key>/", journeys.switch_on, name="switch_on"),
    path("journeys/<uuid:public_id>/", journeys.show_journey, name="journey"),
    path("journeys/<uuid:public_id>/messages/", messages.list_messages, name="messages"),
    path("journeys/<uuid:public_id>/pause/", journeys.pause_journey, name="pause"),
    path("journeys/<uuid:public_id>/resume/", journeys.resume_journey, name="resume"),
]

"""Addresses of the campaigns floor: a store's pages under `/s/<store>/`, and the two public ones behind links in mails."""

from django.urls import URLPattern, path

from campaigns.views import clicks, journeys, messages, unsubscribing
from campaigns.views.content import editing, listing

app_name = "campaigns"

PUBLIC: list[URLPattern] = [
    path("c/<str:token>", clicks.follow, name="click"),
    path("u/<str:token>", unsubscribing.unsubscribe, name="unsubscribe"),
]

urlpatterns: list[URLPattern] = [
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

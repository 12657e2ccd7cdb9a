"""Addresses of the webhook pages, under `/s/<store>/`."""

from django.urls import path

from retention.webhooks.views import delivery, detail, endpoints

app_name = "webhooks"
_ONE = "settings/webhooks/<uuid:public_id>/"
urlpatterns = [
    path("settings/webhooks/", endpoints.endpoints, name="list"),
    path("settings/webhooks/new/", endpoints.new_endpoint, name="new"),
    path("settings/webhooks/make/", endpoints.make_endpoint, name="make"),
    path(_ONE, detail.detail, name="detail"),
    path(f"{_ONE}change/", endpoints.change_endpoint, name="change"),
    path(f"{_ONE}rotate/", detail.rotate, name="rotate"),
    path(f"{_ONE}test/", detail.test, name="test"),
    path(f"{_ONE}pause/", detail.pause, name="pause"),
    path(f"{_ONE}resume/", detail.resume, name="resume"),
    path(f"{_ONE}remove/", detail.remove, name="remove"),
    path(f"{_ONE}replay/", detail.replay_failed, name="replay_failed"),
    path(f"{_ONE}deliveries/<uuid:delivery_id>/", delivery.delivery, name="delivery"),
    path(f"{_ONE}deliveries/<uuid:delivery_id>/replay/", delivery.replay, name="replay"),
]

"""Addresses of the campaigns floor: a store's pages under `/s/<store>/`, and the two public ones behind links in mails."""

from django.urls import URLPattern, path

from campaigns.views import clicks, unsubscribing

app_name = "campaigns"

PUBLIC: list[URLPattern] = [
    path("c/<str:token>", clicks.follow, name="click"),
    path("u/<str:token>", unsubscribing.unsubscribe, name="unsubscribe"),
]

urlpatterns: list[URLPattern] = []

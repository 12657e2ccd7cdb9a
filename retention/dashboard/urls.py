"""Addresses of the dashboard room: the styleguide and its two live examples."""

from django.urls import path

from retention.dashboard.views.styleguide import check, rows, styleguide

app_name = "dashboard"
urlpatterns = [
    path("styleguide/", styleguide, name="styleguide"),
    path("styleguide/rows/", rows, name="styleguide_rows"),
    path("styleguide/check/", check, name="styleguide_check"),
]

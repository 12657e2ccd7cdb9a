"""Addresses of the dashboard room: the styleguide and its two live examples."""

from django.urls import path

from retention.dashboard.views import styleguide

app_name = "dashboard"
urlpatterns = [
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("styleguide/rows/", styleguide.rows, name="styleguide_rows"),
    path("styleguide/check/", styleguide.check, name="styleguide_check"),
]

"""The addresses of the home page and of the page about the website, under `/s/<store>/`."""

from django.urls import path

from retention.home.views import home, website

urlpatterns = [
    path("", home.home, name="home"),
    path("home/live/", home.live, name="home_live"),
    path("home/listening/", home.listening, name="home_listening"),
    path("home/checklist/", home.checklist, name="home_checklist"),
    path("settings/website/", website.website, name="home_website"),
    path("settings/website/heard/", website.heard, name="home_website_heard"),
    path("settings/website/key/", website.make_website_key, name="home_website_key"),
]

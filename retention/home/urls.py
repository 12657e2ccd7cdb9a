"""The addresses of the home page, under `/s/<store>/`."""

from django.urls import path

from retention.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("home/live/", views.live, name="home_live"),
    path("home/listening/", views.listening, name="home_listening"),
    path("home/checklist/", views.checklist, name="home_checklist"),
]

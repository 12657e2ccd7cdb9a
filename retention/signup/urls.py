"""The addresses of the signup room: what visitors open without signing in, and the pages of the dashboard."""

from django.urls import path

from retention.signup.views import building, confirming, detail, listing, preferences, public, shop

app_name = "signup"
urlpatterns = [
    path("f/<uuid:public_id>/", public.hosted, name="hosted"),
    path("f/<uuid:public_id>/form.json", public.description, name="description"),
    path("f/<uuid:public_id>/answer", public.answer, name="answer"),
    path("f/<uuid:public_id>/shown", public.shown, name="shown"),
    path("y/<str:token>/", confirming.confirm, name="confirm"),
    path("a/<str:token>/", confirming.new_address, name="new_address"),
    path("p/<str:token>/", preferences.preferences, name="preferences"),
    path("colors/<str:color>.css", shop.colors, name="colors"),
    path("s/<slug:store_slug>/forms/", listing.form_list, name="list"),
    path("s/<slug:store_slug>/forms/make/", listing.make_form, name="make"),
    path("s/<slug:store_slug>/forms/topics/", listing.make_topic, name="make_topic"),
    path("s/<slug:store_slug>/forms/topics/<uuid:public_id>/archive/", listing.archive_topic, name="archive_topic"),
    path("s/<slug:store_slug>/forms/<uuid:public_id>/", detail.form_detail, name="form"),
    path("s/<slug:store_slug>/forms/<uuid:public_id>/build/", building.builder, name="builder"),
    path("s/<slug:store_slug>/forms/<uuid:public_id>/preview/", building.preview, name="preview"),
    path("s/<slug:store_slug>/forms/<uuid:public_id>/live/", detail.set_live, name="set_live"),
    path("s/<slug:store_slug>/forms/<uuid:public_id>/pause/", detail.pause, name="pause"),
    path("s/<slug:store_slug>/forms/<uuid:public_id>/archive/", detail.archive, name="archive"),
]

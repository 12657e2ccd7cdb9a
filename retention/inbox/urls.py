"""The addresses of the test inbox."""

from django.urls import path

from retention.inbox.views import mails

app_name = "inbox"
urlpatterns = [
    path("s/<slug:store_slug>/inbox/", mails.store_list, name="list"),
    path("s/<slug:store_slug>/inbox/<str:mail>/", mails.store_mail, name="mail"),
    path("s/<slug:store_slug>/inbox/<str:mail>/body/", mails.store_body, name="body"),
    path("inbox/", mails.product_list, name="product"),
    path("inbox/<str:mail>/", mails.product_mail, name="product_mail"),
    path("inbox/<str:mail>/body/", mails.product_body, name="product_body"),
]

"""The addresses of the customers room."""

from django.urls import path

from retention.customers.views.arriving import arriving
from retention.customers.views.detail import customer_detail
from retention.customers.views.listing import customer_list

app_name = "customers"
urlpatterns = [
    path("s/<slug:store_slug>/arriving/", arriving, name="arriving"),
    path("s/<slug:store_slug>/customers/", customer_list, name="list"),
    path("s/<slug:store_slug>/customers/<uuid:public_id>/", customer_detail, name="detail"),
]

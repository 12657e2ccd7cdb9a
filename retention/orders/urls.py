"""The addresses of the orders room."""

from django.urls import path

from retention.orders.views.baskets import basket, baskets
from retention.orders.views.order import order
from retention.orders.views.orders import orders

app_name = "orders"
urlpatterns = [
    path("s/<slug:store_slug>/orders/", orders, name="orders"),
    path("s/<slug:store_slug>/orders/<uuid:public_id>/", order, name="order"),
    path("s/<slug:store_slug>/baskets/", baskets, name="baskets"),
    path("s/<slug:store_slug>/baskets/<uuid:public_id>/", basket, name="basket"),
]

"""The addresses of the demo's shop; outside the demo each answers that there is nothing."""

from django.urls import path

from retention.demo.shop import browsing, buying

app_name = "demo_shop"
urlpatterns = [
    path("", browsing.shelf, name="shelf"),
    path("shelves/<slug:shelf>/", browsing.shelf, name="one_shelf"),
    path("products/<slug:sku>/", browsing.product, name="product"),
    path("products/<slug:sku>/wish/", browsing.wish, name="wish"),
    path("products/<slug:sku>/put/", buying.put, name="put"),
    path("wishes/", browsing.wishes, name="wishes"),
    path("basket/", buying.basket, name="basket"),
    path("basket/back/<str:token>/", buying.restore, name="restore"),
    path("checkout/", buying.contact, name="contact"),
    path("checkout/delivery/", buying.delivery, name="delivery"),
    path("checkout/payment/", buying.payment, name="payment"),
    path("boomerang-worker.js", browsing.worker, name="worker"),
    path("order/", buying.order, name="order"),
]

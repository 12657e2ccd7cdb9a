"""The addresses of the catalog room."""

from django.urls import path

from retention.catalog.views.product import product
from retention.catalog.views.products import products

app_name = "catalog"
urlpatterns = [
    path("s/<slug:store_slug>/catalog/", products, name="products"),
    path("s/<slug:store_slug>/catalog/<uuid:public_id>/", product, name="product"),
]

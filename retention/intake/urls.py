"""Addresses of the intake room: the doors for shops, and a store's pages under `/s/<store>/`."""

from django.urls import URLPattern, path

from retention.intake.views import hooks, shops

app_name = "intake"

PUBLIC: list[URLPattern] = [
    path("hooks/shopify/<str:token>", hooks.shopify, name="hook_shopify"),
    path("hooks/woocommerce/<str:token>", hooks.woocommerce, name="hook_woocommerce"),
]

urlpatterns: list[URLPattern] = [
    path("settings/connections/", shops.list_shops, name="shops"),
    path("settings/connections/new/", shops.new_shop, name="new_shop"),
    path("settings/connections/connect/", shops.connect_shop, name="connect_shop"),
    path("settings/connections/<uuid:public_id>/", shops.show_shop, name="shop"),
    path("settings/connections/<uuid:public_id>/secret/", shops.change_secret, name="change_secret"),
    path("settings/connections/<uuid:public_id>/test/", shops.try_shop, name="try_shop"),
    path("settings/connections/<uuid:public_id>/disconnect/", shops.disconnect_shop, name="disconnect_shop"),
    path("settings/connections/<uuid:public_id>/deliveries/<uuid:delivery>/replay/", shops.replay_delivery, name="replay"),
]

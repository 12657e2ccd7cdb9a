"""The addresses of the customers room."""

from django.urls import path

from retention.customers.views import exporting, importing
from retention.customers.views.arriving import arriving
from retention.customers.views.detail import customer_detail
from retention.customers.views.erasing import erase_customer
from retention.customers.views.listing import customer_list

app_name = "customers"
urlpatterns = [
    path("s/<slug:store_slug>/arriving/", arriving, name="arriving"),
    path("s/<slug:store_slug>/customers/", customer_list, name="list"),
    path("s/<slug:store_slug>/customers/<uuid:public_id>/", customer_detail, name="detail"),
    path("s/<slug:store_slug>/customers/<uuid:public_id>/file/", exporting.export_one, name="export_one"),
    path("s/<slug:store_slug>/customers/<uuid:public_id>/erase/", erase_customer, name="erase"),
    path("s/<slug:store_slug>/files/", exporting.export_list, name="exports"),
    path("s/<slug:store_slug>/files/make/", exporting.export_table, name="export"),
    path("s/<slug:store_slug>/files/<uuid:public_id>/", exporting.export_download, name="export_download"),
    path("s/<slug:store_slug>/imports/", importing.import_list, name="imports"),
    path("s/<slug:store_slug>/imports/new/", importing.import_new, name="import_new"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/", importing.import_detail, name="import"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/columns/", importing.import_map, name="import_map"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/run/", importing.import_run, name="import_run"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/pause/", importing.import_pause, name="import_pause"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/resume/", importing.import_resume, name="import_resume"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/cancel/", importing.import_cancel, name="import_cancel"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/left-out/", importing.import_report, name="import_report"),
]

"""Every address of the management API, its description and its page. Endpoints live in each room's `api/`."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny

from campaigns.api.approving import CampaignApproving, CampaignAsking, CampaignRejecting
from campaigns.api.campaigns import CampaignCancelling, CampaignDetail, CampaignList, CampaignPausing, CampaignResuming, CampaignStarting
from campaigns.api.coupons import CouponDetail, CouponRedeeming, CouponReleasing
from campaigns.api.decisions import CustomerDecisions, CustomerNotWritten
from campaigns.api.experiments import CampaignExperiment, JourneyExperiment, StoreExperiment
from campaigns.api.journeys import JourneyDetail, JourneyList
from retention.catalog.api.products import ProductDetail, ProductList, StockReporting
from retention.customers.api.consents import CustomerConsents
from retention.customers.api.customers import CustomerDetail, CustomerList
from retention.customers.api.events import EventList
from retention.customers.api.imports import ImportDetail, ImportList, ImportRunning
from retention.intake.api.orders import OrderSaving, RefundSaving
from retention.orders.api.orders import OrderDetail
from retention.rest.problems import problem
from retention.stores.api.store import StoreDetail
from retention.webhooks.api.endpoints import EndpointDetail, EndpointList, EndpointSecret
from segments.api.segments import CustomerSegments, SegmentCounting, SegmentDetail, SegmentList, SegmentMembers

app_name = "api"


def docs(request: HttpRequest) -> HttpResponse:
    """Show the description of the API as a page one can try it from."""
    return render(request, "api/docs.html")


@csrf_exempt
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer for every other address under /api/."""
    return problem(request, status=404, detail=_("There is no such address. The description is at /api/v1/openapi.json."))


schema = SpectacularJSONAPIView.as_view(authentication_classes=[], permission_classes=[AllowAny], throttle_classes=[])

urlpatterns = [
    re_path(r"^docs/?$", docs, name="docs"),
    path("v1/openapi.json", schema, name="schema"),
    path("v1/store", StoreDetail.as_view(), name="store"),
    path("v1/customers", CustomerList.as_view(), name="customers"),
    path("v1/customers/<uuid:public_id>", CustomerDetail.as_view(), name="customer"),
    path("v1/customers/<uuid:public_id>/consents", CustomerConsents.as_view(), name="consents"),
    path("v1/products", ProductList.as_view(), name="products"),
    path("v1/products/<uuid:public_id>", ProductDetail.as_view(), name="product"),
    path("v1/stock", StockReporting.as_view(), name="stock"),
    path("v1/orders", OrderSaving.as_view(), name="orders"),
    path("v1/orders/<uuid:public_id>", OrderDetail.as_view(), name="order"),
    path("v1/refunds", RefundSaving.as_view(), name="refunds"),
    path("v1/imports", ImportList.as_view(), name="imports"),
    path("v1/imports/<uuid:public_id>", ImportDetail.as_view(), name="import"),
    path("v1/imports/<uuid:public_id>/run", ImportRunning.as_view(), name="import_run"),
    path("v1/events", EventList.as_view(), name="events"),
    path("v1/segments", SegmentList.as_view(), name="segments"),
    path("v1/segments/count", SegmentCounting.as_view(), name="segments_count"),
    path("v1/segments/<uuid:public_id>", SegmentDetail.as_view(), name="segment"),
    path("v1/segments/<uuid:public_id>/members", SegmentMembers.as_view(), name="segment_members"),
    path("v1/campaigns", CampaignList.as_view(), name="campaigns"),
    path("v1/campaigns/<uuid:public_id>", CampaignDetail.as_view(), name="campaign"),
    path("v1/campaigns/<uuid:public_id>/experiment", CampaignExperiment.as_view(), name="campaign_experiment"),
    path("v1/journeys", JourneyList.as_view(), name="journeys"),
    path("v1/journeys/<uuid:public_id>", JourneyDetail.as_view(), name="journey"),
    path("v1/journeys/<uuid:public_id>/experiment", JourneyExperiment.as_view(), name="journey_experiment"),
    path("v1/experiments/store", StoreExperiment.as_view(), name="store_experiment"),
    path("v1/campaigns/<uuid:public_id>/start", CampaignStarting.as_view(), name="campaign_start"),
    path("v1/campaigns/<uuid:public_id>/ask", CampaignAsking.as_view(), name="campaign_ask"),
    path("v1/campaigns/<uuid:public_id>/approve", CampaignApproving.as_view(), name="campaign_approve"),
    path("v1/campaigns/<uuid:public_id>/reject", CampaignRejecting.as_view(), name="campaign_reject"),
    path("v1/campaigns/<uuid:public_id>/pause", CampaignPausing.as_view(), name="campaign_pause"),
    path("v1/campaigns/<uuid:public_id>/resume", CampaignResuming.as_view(), name="campaign_resume"),
    path("v1/campaigns/<uuid:public_id>/cancel", CampaignCancelling.as_view(), name="campaign_cancel"),
    path("v1/customers/<uuid:public_id>/decisions", CustomerDecisions.as_view(), name="customer_decisions"),
    path("v1/customers/<uuid:public_id>/not-written", CustomerNotWritten.as_view(), name="customer_not_written"),
    path("v1/coupons/<str:code>", CouponDetail.as_view(), name="coupon"),
    path("v1/coupons/<str:code>/redeem", CouponRedeeming.as_view(), name="coupon_redeem"),
    path("v1/coupons/<str:code>/release", CouponReleasing.as_view(), name="coupon_release"),
    path("v1/customers/<uuid:public_id>/segments", CustomerSegments.as_view(), name="customer_segments"),
    path("v1/webhooks", EndpointList.as_view(), name="webhooks"),
    path("v1/webhooks/<uuid:public_id>", EndpointDetail.as_view(), name="webhook"),
    path("v1/webhooks/<uuid:public_id>/secret", EndpointSecret.as_view(), name="webhook_secret"),
    path("<path:rest>", unknown, name="unknown"),
]

"""`/api/v1/store`: the store the key belongs to."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from retention.rest.views import StoreView
from retention.stores.models import Store
from retention.tenancy.context import require_store_id


class StoreOut(serializers.ModelSerializer[Store]):
    """A store as the API shows it."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Store
        fields = ("id", "name", "slug", "country", "currency", "zone", "locale", "web_address", "created_at")


class StoreDetail(StoreView[Store]):
    """The key's own store; there is no way to name another."""

    scopes = {"GET": "store:read"}
    model = Store
    serializer_class = StoreOut

    def rows(self) -> QuerySet[Store]:
        """Return the store of the key."""
        return Store.objects.filter(pk=require_store_id())

    @extend_schema(operation_id="store_get")
    def get(self, request: Request) -> Response:
        """Return the store."""
        return Response(StoreOut(self.get_queryset().get()).data)

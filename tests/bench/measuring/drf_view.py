"""What the tracking door is compared with: a REST framework view with a serializer that stores one event with one INSERT.

Without middleware, authentication, deduplication and store boundary, so all that can be left out is left out.
"""

import json
import os
import uuid
from typing import Any

from django.db import connections
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.bench.measuring.events import COLUMNS

STORE = "BENCH_STORE_ID"


class EventSerializer(serializers.Serializer[Any]):
    """The fields of a tracked event."""

    type = serializers.ChoiceField(choices=["track", "identify", "page"])
    event = serializers.CharField(max_length=120)
    anonymousId = serializers.CharField(max_length=200)  # noqa: N815 - the name on the wire
    messageId = serializers.CharField(max_length=200)  # noqa: N815 - the name on the wire
    timestamp = serializers.DateTimeField()
    properties = serializers.DictField()
    context = serializers.DictField()


class Track(APIView):
    """Store one event."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)

    def post(self, request: Request) -> Response:
        """Check the event and insert it."""
        serializer = EventSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        row = [uuid.uuid4(), int(os.environ[STORE]), said["type"], said["event"], said["anonymousId"], ""]
        row += [json.dumps(said["properties"]), json.dumps(said["context"]), said["timestamp"], timezone.now(), False, "", "api", False]
        with connections["owner"].cursor() as cursor:
            cursor.execute(_INSERT, row)
        return Response({"success": True}, headers={"Content-Length": "16"})


_INSERT = f"INSERT INTO customers_customerevent ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"
urlpatterns = [path("v1/track", Track.as_view()), path("healthz", lambda _request: HttpResponse("ok"))]

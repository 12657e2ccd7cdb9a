"""A worker holds what its tasks use. Pages, forms, endpoints and the router that knows them all belong to the web server."""

import os
import subprocess
import sys

import pytest

_AS_A_WORKER = """
import sys
from retention.celery import app
app.loader.import_default_modules()
app.finalize()
from datetime import datetime, timezone
from retention.customers.models import Customer
from retention.signup.links import preferences_url
preferences_url(Customer(email="ana@example.test"), store_id=1, planned_at=datetime.now(timezone.utc))
print("\\n".join(sys.modules))
"""
_AS_A_RENDER_PROCESS = """
import atexit, sys
from campaigns.personalization import render_process_alone
atexit.register(lambda: print("\\n".join(sys.modules)))
import os, tempfile
with tempfile.TemporaryFile() as done:
    done.truncate(8)
    sys.argv = ["", str(done.fileno())]
    render_process_alone.main()
"""


def loaded_by(code: str) -> set[str]:
    """Return the modules a process has loaded after this code; its input ends at once."""
    environment = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "retention.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL, check=True
    )
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def worker() -> set[str]:
    """Return what a worker has loaded that began and wrote the foot of a mail."""
    return loaded_by(_AS_A_WORKER)


def test_a_worker_has_its_tasks(worker: set[str]) -> None:
    assert {"campaigns.tasks", "retention.intake.tasks", "segments.tasks", "campaigns.sending.dispatch"} <= worker


@pytest.mark.parametrize("name", ["urls", "api", "forms"])
def test_a_worker_has_no_router_no_endpoint_and_no_form_of_ours(name: str, worker: set[str]) -> None:
    ours = {module for module in worker if module.partition(".")[0] in ("retention", "campaigns", "segments")}
    assert {module for module in ours if name in module.split(".")} == set()


def test_a_worker_has_not_what_only_pages_and_endpoints_use(worker: set[str]) -> None:
    assert worker & {"fido2", "qrcode", "rest_framework.generics", "rest_framework.viewsets", "drf_spectacular.views", "granian"} == set()


def test_a_render_process_has_no_framework_no_driver_and_no_network() -> None:
    loaded = loaded_by(_AS_A_RENDER_PROCESS)
    assert "liquid" in loaded
    assert loaded & {"django", "celery", "psycopg2", "redis", "ssl", "_ssl", "asyncio.base_events", "http.client", "mrml"} == set()

"""Figures of several processes add up on one page."""

import os
import subprocess
import sys
from pathlib import Path

from retention.kit.metrics import REQUESTS, render_metrics, share_between_processes

ROOT = Path(__file__).resolve().parents[2]
COUNT = "from retention.kit.metrics import EVENTS; EVENTS.labels('stored').inc(2)"
RENDER = "from retention.kit.metrics import render_metrics; print(render_metrics().decode())"


def run(code: str, environ: dict[str, str]) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, check=True, capture_output=True, text=True).stdout


def test_renders_this_process_alone_without_a_shared_folder() -> None:
    REQUESTS.labels("home", "GET", "200").inc()
    assert b'boomerang_requests_total{method="GET",route="home",status="200"}' in render_metrics()


def test_adds_up_the_processes_that_share_a_folder(tmp_path: Path) -> None:
    environ = dict(os.environ)
    folder = tmp_path / "metrics"
    share_between_processes(folder, environ=environ)
    for _ in range(2):
        run(COUNT, environ)
    text = run(RENDER, environ)
    assert 'boomerang_events_total{outcome="stored"} 4.0' in text
    share_between_processes(folder, environ=environ)
    assert "stored" not in run(RENDER, environ)

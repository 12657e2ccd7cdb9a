"""./run demo: everything up, a short story of real work, then a login and a place to look around."""

import argparse
import importlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import cast

from retention.cli import StepFailedError
from retention.cli.folders import VAR, Place, from_caller, relative, wipe
from retention.cli.ground import held
from retention.cli.product import WEB_PORT, Product, product, stay
from retention.cli.saying import Voice
from retention.cli.stopping import listen
from retention.cli.telling import Story, StoryContext, StoryFailedError
from retention.cli.tracing import told_plainly

STORY = "retention.demo.story"


def run(arguments: list[str]) -> int:
    """Start everything, tell the story, and stay; with --once, or when nobody watches, stop after the story."""
    options = _options(arguments)
    listen()
    voice = Voice()
    place = Place("demo")
    if options.reset:
        with held(place):
            voice.line("Wiping var/, except the data of ./run serve.")
        wipe()
    once = options.once or not sys.stdout.isatty()
    voice.line("Boomerang 0.1 - everything stays in this folder (.venv, .tools, var)")
    clock = place.folder / "clock.json"
    clock.unlink(missing_ok=True)
    with product(place, voice=voice, port=options.port, mode="demo", clock=clock) as running:
        context = _tell(running, clock=clock, voice=voice, report=options.report, once=once)
        if not once:
            _show_around(running, context, voice=voice)
            stay(running)
    if once:
        voice.line(" The story is told. In a terminal, and without --once, ./run demo stays, with addresses and a login to look around.")
    voice.step("stopped")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop everything after the story")
    parser.add_argument("--report", metavar="FILE", type=from_caller, help="write the story's figures as JSON")
    parser.add_argument("--reset", action="store_true", help="wipe var/ first, except the data of ./run serve")
    parser.add_argument("--port", type=int, default=WEB_PORT, help="the web port to try first")
    return parser.parse_args(arguments)


def _tell(running: Product, *, clock: Path, voice: Voice, report: Path | None, once: bool) -> StoryContext:
    context = StoryContext(
        base_url=running.url,
        inbox_dir=running.inbox,
        clock_file=clock,
        smtp_url=running.environment["INBOX_SMTP_URL"],
        say=voice.line,
        step=voice.step,
        service_pid=running.supervisor.pid_of,
        once=once,
    )
    try:
        if importlib.util.find_spec(STORY):
            with told_plainly("The story broke off", log=VAR / "demo/log/story.log"):
                context.report |= cast(Story, importlib.import_module(STORY)).tell(context) or {}
    except StepFailedError as error:
        if isinstance(error.__cause__, StoryFailedError):
            raise StepFailedError(f"Not so: {error.__cause__}  (logs: {relative(VAR / 'demo/log')})") from error
        raise
    finally:
        if report:
            report.write_text(json.dumps(context.report, indent=1, default=str) + "\n")
    return context


def _show_around(running: Product, context: StoryContext, *, voice: Voice) -> None:
    for label, path in [("Look around:", "/"), *context.pages]:
        voice.line(f" {label:<13} {running.url}{path}")
    for login in context.logins:
        voice.line(f" {'login':<13} {login}")
    voice.line(" Ctrl-C stops all.  Next: ./run test")

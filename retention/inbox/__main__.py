"""`python -m retention.inbox`: run the test inbox until SIGTERM. Port and folder come from the settings unless given."""

import argparse
import os
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention.settings")


def main() -> None:
    """Read the options and serve."""
    from django.conf import settings

    from retention.inbox.serving import serve_forever

    address = urlsplit(settings.INBOX_SMTP_URL or "smtp://localhost:2525")
    parser = argparse.ArgumentParser(prog="python -m retention.inbox", description="The test inbox: takes mail by SMTP and keeps it.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=address.port or 2525)
    parser.add_argument("--dir", type=Path, default=settings.INBOX_DIR)
    parser.add_argument("--watch-parent", action="store_true", help="end when the process that started this one has ended")
    options = parser.parse_args()
    if options.watch_parent:
        threading.Thread(target=_end_with, args=(os.getppid(),), name="watch-parent", daemon=True).start()
    serve_forever(host=options.host, port=options.port, folder=options.dir)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


if __name__ == "__main__":
    main()

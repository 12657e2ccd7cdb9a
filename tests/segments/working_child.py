"""A worker of segments in a process of its own, so that a test can kill it: projects, evaluates, sweeps and fills until it dies."""

import sys
from datetime import datetime

import django


def main() -> None:
    """Work at the moment given as the first argument, over and over."""
    django.setup()
    from retention.intake.projecting.running import project_due
    from segments.evaluating import evaluate_due
    from segments.sweeping import fill_stores, sweep_stores

    now = datetime.fromisoformat(sys.argv[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        project_due(now=lambda: now, seconds=1)
        fill_stores(now=now)
        sweep_stores(now=now)
        evaluate_due(now=now)


if __name__ == "__main__":
    main()

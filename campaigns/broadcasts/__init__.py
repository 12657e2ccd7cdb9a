"""One-off campaigns: write, count, start, plan, pause, call off, compare and report. The merchant sees "Campaigns"."""

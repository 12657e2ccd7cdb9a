"""Health: the log line of each request, the three pages operations ask, and the pages shown when something breaks.

No store's data is shown here, only counts. A new check of readiness is a function in `readiness.py`; a new gauge a line in `gauges.py`.
"""

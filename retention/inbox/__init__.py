"""The test inbox: a real SMTP server that keeps mail in folders, and pages to read it. For demos, tests and first steps.

It is a receiving side: it never reads the product's tables. Started as `python -m retention.inbox`.
"""

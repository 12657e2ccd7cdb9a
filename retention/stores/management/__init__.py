"""Commands of operations: backup, restore and resume_sending."""

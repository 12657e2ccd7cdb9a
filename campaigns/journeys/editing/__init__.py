"""A journey while somebody writes it: its steps as a list with columns, what buttons do to them, what a form asks, how it is drawn."""

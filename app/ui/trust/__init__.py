"""The trust sheet: what a workflow from outside could do, shown once, before it runs."""

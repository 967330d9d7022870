"""The workflow as pure data: what a file holds and how it may change."""

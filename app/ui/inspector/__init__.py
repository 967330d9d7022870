"""The right panel: what is selected, its settings, and what its last run read, wrote, took and cost."""

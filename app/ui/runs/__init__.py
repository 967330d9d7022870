"""The run panel: what happened in the run, what it cost and what came out."""

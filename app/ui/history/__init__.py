"""The Runs page: what happened in earlier runs, what it cost, and how they go on."""

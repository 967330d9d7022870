"""From a plan to a stream of events: what a run means."""

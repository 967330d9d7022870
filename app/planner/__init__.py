"""From a workflow to a plan that can run, or to the Problems that say why it can't."""

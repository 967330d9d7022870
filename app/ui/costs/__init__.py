"""The Costs page: the bill of a month, its causes, what saved, and what another model would have cost."""

"""One envelope from its arrival to its ack: its deadline and its metrics."""

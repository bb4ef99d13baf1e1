"""What can go wrong with dead letters; the texts are for people."""


class BrokerFailed(Exception):
    """Pub/Sub did not do what it was asked; the text says why, and what to do."""


class UnknownTask(Exception):
    """A task is not among the dead letters, or can't be replayed; the text says which and why."""

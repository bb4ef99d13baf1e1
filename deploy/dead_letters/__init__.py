"""Lists what Pub/Sub gave up delivering, and replays it."""

"""The adapter for Pub/Sub: one task becomes one confirmed message."""

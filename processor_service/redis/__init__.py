"""The adapters for Redis, which is a fast path and never a need."""

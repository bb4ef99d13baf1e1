"""The edge: Pub/Sub's pushes in, verified and decoded; status codes out."""

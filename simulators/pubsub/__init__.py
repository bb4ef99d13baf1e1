"""Pub/Sub: the gRPC Publisher and Subscriber for push subscriptions."""

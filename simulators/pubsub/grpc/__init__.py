"""The gRPC services Publisher and Subscriber."""

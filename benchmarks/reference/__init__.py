"""What the services are compared with: small programs of their own that import nothing of ours."""

"""What operators run and apply: manifests and deployment files."""

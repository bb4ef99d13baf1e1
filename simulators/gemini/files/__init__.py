"""The Files API and what it stores."""

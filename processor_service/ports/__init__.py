"""What the use cases need from outside, as Protocols; adapters implement them."""

"""Topics, subscriptions and their messages, without any network."""

"""Whether a message without a mention is for us, and which exchange a direct message continues."""

"""What the Slack side says to people, in Japanese and English."""

"""Every text of the command service for people, in Japanese and English."""

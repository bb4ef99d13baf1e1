"""Every text of the processor for people besides the answers, in Japanese and English."""

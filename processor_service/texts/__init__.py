"""What the processor says to people besides the answers, in Japanese and English."""

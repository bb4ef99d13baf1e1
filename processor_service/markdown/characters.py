"""Characters that nobody sees."""

ZERO_WIDTH_SPACE = "\u200b"
# White space by CommonMark's rules, and hardly a pixel wide.
HAIR_SPACE = "\u200a"

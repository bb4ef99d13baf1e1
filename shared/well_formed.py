"""Text that every encoding can represent."""


def well_formed(text: str) -> str:
    """``text`` with surrogate pairs joined, and U+FFFD for each unpaired half.

    JSON may carry them (RFC 8259, section 8.2), UTF-8 and pydantic do not.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text

"""Text that every encoding takes."""


def well_formed(text: str) -> str:
    """``text`` in which halves of a surrogate pair that stand alone are U+FFFD, and pairs joined.

    JSON may carry them (RFC 8259, section 8.2), UTF-8 and pydantic do not.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text

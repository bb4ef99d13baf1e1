"""The version of both services; the package build reads it here."""

VERSION = "0.1.0"


def described(revision: str | None) -> str:
    """The version, with its Cloud Run revision if there is one."""
    return f"{VERSION} ({revision})" if revision else VERSION

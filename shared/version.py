"""The version of both services: the one place it stands in. The package takes it from here."""

VERSION = "0.1.0"


def described(revision: str | None) -> str:
    """The version, and the Cloud Run revision that runs it, if there is one."""
    return f"{VERSION} ({revision})" if revision else VERSION

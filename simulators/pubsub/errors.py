"""How a request is refused: a gRPC status and a sentence that says what to change."""

import grpc


class Rejected(Exception):
    """The request is refused with this gRPC status; nothing was changed."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> Rejected:
    """INVALID_ARGUMENT: the request can never succeed as it is."""
    return Rejected(grpc.StatusCode.INVALID_ARGUMENT, message)


def not_found(resource: str) -> Rejected:
    """NOT_FOUND, in Google's words."""
    return Rejected(grpc.StatusCode.NOT_FOUND, f"Resource not found (resource={resource}).")


def already_exists(resource: str) -> Rejected:
    """ALREADY_EXISTS, in Google's words."""
    return Rejected(
        grpc.StatusCode.ALREADY_EXISTS,
        f"Resource already exists in the project (resource={resource}).",
    )


def unsupported(feature: str) -> Rejected:
    """UNIMPLEMENTED: real Pub/Sub does this, the simulator does not and will not pretend to."""
    return Rejected(
        grpc.StatusCode.UNIMPLEMENTED, f"{feature} is not simulated (see simulators/pubsub)."
    )

"""gRPC without generated servicers: methods as a table, errors as statuses, faults on the way.

google-cloud-pubsub ships clients only. A generic handler needs no more than each method's name,
how to read its request and how to write its response.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc

from simulators.faults import Fault, FaultPlan
from simulators.pubsub.errors import Rejected, unsupported
from simulators.pubsub.wire import Proto, plain

Context = grpc.aio.ServicerContext[Proto, Proto]
Handle = Callable[[Proto, Context], Awaitable[Proto]]


@dataclass(frozen=True)
class Method:
    """One unary method: the SDK's class of its request, and what answers it."""

    request: Any
    handle: Handle


def generic_handler(
    service: str, methods: Mapping[str, Method], faults: FaultPlan
) -> grpc.GenericRpcHandler:
    """The handler of a whole service, ready for ``server.add_generic_rpc_handlers``."""
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            _served(name, method.handle, faults),
            request_deserializer=plain(method.request).FromString,
            response_serializer=_serialize,
        )
        for name, method in methods.items()
    }
    return grpc.method_handlers_generic_handler(service, handlers)


class Unsimulated(grpc.GenericRpcHandler):
    """Refuses by name every other method of the API; goes behind the handlers of the services."""

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":  # generic only for the type checker
        """A handler for any method of google.pubsub.v1, streaming or not."""
        method = str(handler_call_details.method)
        if not method.startswith("/google.pubsub.v1."):
            return None

        async def refuse(_requests: Any, context: Context) -> None:
            rejected = unsupported(method.rsplit("/", 1)[-1])
            await context.abort(rejected.code, rejected.message)

        return grpc.stream_stream_rpc_method_handler(refuse)


def _serialize(response: Proto) -> bytes:
    return bytes(response.SerializeToString())


def _served(name: str, handle: Handle, faults: FaultPlan) -> Handle:
    async def serve(request: Proto, context: Context) -> Proto:
        try:
            if fault := faults.take("pubsub", name):
                return await _suffer(fault, handle, request, context)
            return await handle(request, context)
        except Rejected as rejected:
            await context.abort(rejected.code, rejected.message)

    return serve


async def _suffer(fault: Fault, handle: Handle, request: Proto, context: Context) -> Proto:
    match fault.kind:
        case "delay":
            await asyncio.sleep(fault.seconds)
            return await handle(request, context)
        case "duplicate":
            await handle(request, context)
            return await handle(request, context)
        case "drop_after":
            await handle(request, context)
            raise Rejected(grpc.StatusCode.UNAVAILABLE, "fault: the connection broke")
        case "error":
            raise Rejected(_status(fault.error), "fault: refused")
        case "hang":
            await _silence(fault.seconds)
    raise Rejected(grpc.StatusCode.UNAVAILABLE, "fault: the connection broke")


async def _silence(seconds: float) -> None:
    """Without a number of seconds it ends when the caller gives up and gRPC cancels the call."""
    await (asyncio.sleep(seconds) if seconds else asyncio.Event().wait())


def _status(name: str) -> grpc.StatusCode:
    status = grpc.StatusCode.__members__.get(name or "UNAVAILABLE")
    if status is None:
        raise Rejected(grpc.StatusCode.INTERNAL, f"fault: {name!r} is no gRPC status")
    return status

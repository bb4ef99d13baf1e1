"""The HTTP edge: pushes in, status codes out."""

from collections.abc import Awaitable
from dataclasses import asdict
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from processor_service.api.best_effort import DEADLINE_S, Handler, best_effort
from processor_service.api.delivery_span import measured
from processor_service.api.dependencies import Dependencies
from processor_service.api.push_request import PushDenied, PushMessage, PushRequest
from processor_service.features.app_home import refresh_home
from processor_service.features.cancel import cancel_answer
from processor_service.features.doctor import send_report
from processor_service.features.feedback import record_vote
from processor_service.features.synthetic import answer_synthetic
from processor_service.resilience.run_leased import Outcome
from shared.errors import MechachangError, RetryableError, SlackDenied, UndecodableTask
from shared.task import Kind, Task
from shared.telemetry.log import bind_task, get_logger
from shared.telemetry.metrics import DEAD_LETTERS

log = get_logger(__name__)
router = APIRouter()

REPLAY = "replay"
"""The attribute of a message that an operator took out of the dead letters: "1"."""

_STATUS = {
    Outcome.ANSWERED: 204,
    Outcome.ALREADY_DONE: 204,
    Outcome.NOTED: 204,
    Outcome.NOT_FOLLOWED: 204,
    Outcome.STOPPED: 204,
    Outcome.TOLD_FAILURE: 204,
    Outcome.GAVE_UP: 204,
    Outcome.DUPLICATE: 204,
    Outcome.HELD: 409,
    Outcome.TRY_LATER: 503,
}
_ANSWERS: dict[int | str, dict[str, object]] = {
    204: {"description": "Done, or permanently failed and the user was told: acknowledged."},
    400: {"description": "Not a task: Pub/Sub moves it to the dead-letter topic in the end."},
    401: {"description": "No valid token."},
    403: {"description": "A valid token, but not our subscription's."},
    409: {"description": "Another worker holds this very message."},
    503: {"description": "Not now: deliver again later."},
}


def _dependencies(request: Request) -> Dependencies:
    dependencies: Dependencies = request.app.state.dependencies
    return dependencies


@router.post("/pubsub/push", status_code=204, responses=_ANSWERS)
async def push(request: Request) -> Response:
    """One delivery of one task."""
    deps = _dependencies(request)
    try:
        await deps.verifier.verify(request.headers.get("authorization"))
        pushed = PushRequest.decode(await request.body())
        task = Task.decode(pushed.message.data)
        _require_content(task)
        if task.kind is Kind.QUESTION:
            await _require_slack(deps)
    except MechachangError as error:
        return _rejected(error)
    bind_task(task.task_id)
    if task.kind is Kind.SYNTHETIC:
        with deps.under_way.working():
            await answer_synthetic(task, deps.doctor.check_slack, deps.now())
        return Response(status_code=204)
    with deps.under_way.working(), measured("push", task, pushed) as delivered:
        log.info(
            "A task was delivered.",
            action="task_delivered",
            attempt=pushed.delivery_attempt,
            message_id=pushed.message.message_id,
            kind=task.kind,
            source=task.source,
        )
        outcome = await HANDLERS[task.kind](task, pushed, deps)
        delivered.outcome = outcome
    return Response(status_code=_STATUS[outcome])


def _require_content(task: Task) -> None:
    """Raise UndecodableTask for a task without the part that its kind needs."""
    content = {Kind.CANCEL: task.cancel, Kind.FEEDBACK: task.feedback, Kind.SHARE: task.share}
    if content.get(task.kind, task) is None:
        raise UndecodableTask(f"a {task.kind} about nothing", reason="task_about_nothing")


def _answer(task: Task, pushed: PushRequest, deps: Dependencies) -> Awaitable[Outcome]:
    from processor_service.answering.admit import Delivery  # noqa: PLC0415 - see ``cold_start``
    from processor_service.answering.answer import answer  # noqa: PLC0415 - see ``cold_start``

    message_id, again = pushed.message.message_id, _replayed(pushed.message)
    delivery = Delivery(message_id, again, pushed.delivery_attempt or 1)
    return answer(task, delivery, deps.answering)


def _give_up(task: Task, message: PushMessage, deps: Dependencies) -> Awaitable[Outcome]:
    from processor_service.answering.admit import Delivery  # noqa: PLC0415 - see ``cold_start``
    from processor_service.answering.answer import give_up  # noqa: PLC0415 - see ``cold_start``

    return give_up(task, Delivery(message.message_id, _replayed(message)), deps.answering)


def _share(task: Task, pushed: PushRequest, deps: Dependencies) -> Awaitable[Outcome]:
    from processor_service.features.share import share_answer  # noqa: PLC0415 - see ``cold_start``

    return share_answer(task, pushed.message.message_id, deps.answering)


def _replayed(message: PushMessage) -> bool:
    return message.attributes.get(REPLAY) == "1"


HANDLERS: Final[dict[Kind, Handler]] = {
    Kind.QUESTION: _answer,
    Kind.CANCEL: lambda task, _, deps: cancel_answer(task, deps.cancel),
    Kind.FEEDBACK: lambda task, _, deps: record_vote(task, deps.feedback),
    Kind.SHARE: _share,
    Kind.HOME: best_effort(lambda task, _, deps: refresh_home(task, deps.home, DEADLINE_S)),
    Kind.DOCTOR: best_effort(
        lambda task, pushed, deps: send_report(
            task, pushed.message.message_id, deps.doctor, DEADLINE_S
        )
    ),
}


@router.post("/pubsub/dead-letter", status_code=204, responses=_ANSWERS)
async def dead_letter(request: Request) -> Response:
    """A task that every delivery failed: its user is told, once."""
    deps = _dependencies(request)
    try:
        await deps.verifier.verify(request.headers.get("authorization"))
        pushed = PushRequest.decode(await request.body())
    except MechachangError as error:
        return _rejected(error)
    try:
        task = Task.decode(pushed.message.data)
    except UndecodableTask as error:
        # The pull subscription keeps it; another delivery here would change nothing.
        log.error(
            "A dead letter is not a task.", action="dead_letter_undecodable", reason=error.reason
        )
        return Response(status_code=204)
    bind_task(task.task_id)
    if task.kind is Kind.SYNTHETIC:
        # Only of a subscription that was made without the filter that keeps them out.
        return Response(status_code=204)
    DEAD_LETTERS.add()
    if task.kind is not Kind.QUESTION:
        # No user waits for an answer to it, and a failure notice would be one.
        log.error("A task was given up.", action="task_dead_lettered", kind=task.kind)
        return Response(status_code=204)
    with deps.under_way.working(), measured("dead_letter", task, pushed) as delivered:
        log.error("A task was given up.", action="task_dead_lettered", source=task.source)
        outcome = await _give_up(task, pushed.message, deps)
        delivered.outcome = outcome
    # The lease holder may be dead and no other delivery notifies the user, so nack.
    return Response(status_code=503 if outcome is Outcome.DUPLICATE else _STATUS[outcome])


async def _require_slack(deps: Dependencies) -> None:
    """While Slack denies our token no work begins: no answer could be shown."""
    if await deps.readiness.refuses("slack"):
        raise SlackDenied("Slack denies our token; no task is begun.", slack_error="denied")


def _rejected(error: MechachangError) -> Response:
    log.warning("A push was rejected.", action="push_rejected", reason=error.reason, why=str(error))
    if isinstance(error, PushDenied):
        return Response(status_code=error.status)
    return Response(status_code=503 if isinstance(error, RetryableError) else 400)


@router.post("/smoke")
async def smoke(request: Request) -> Response:
    """Ask each model a tiny question. Only for callers that may push, because it costs money."""
    deps = _dependencies(request)
    try:
        await deps.verifier.verify(request.headers.get("authorization"))
    except MechachangError as error:
        return _rejected(error)
    states = await deps.models.states()
    return JSONResponse({"models": {name: asdict(state) for name, state in states.items()}})


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """The process is alive."""
    # A dict would become a response model, for which FastAPI imports all of pydantic.v1: seven
    # hundredths of a second of each cold start.
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Each dependency and its state; 503 when one needs an operator to act."""
    states = await _dependencies(request).readiness.states()
    ready = all(state.state != "refused" for state in states.values())
    body = {
        "ready": ready,
        "dependencies": {name: asdict(state) for name, state in states.items()},
    }
    return JSONResponse(body, status_code=200 if ready else 503)

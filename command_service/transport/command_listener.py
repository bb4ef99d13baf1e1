"""The listener for slash commands: the ack itself is the reply that their user sees."""

from dataclasses import dataclass

from slack_bolt.async_app import AsyncAck, AsyncApp

from command_service.payloads.messages import read_command, read_typed
from command_service.payloads.model import Identity, NotAQuestion, Question
from command_service.payloads.slash_command import DoctorRequest, read_doctor_request
from command_service.use_cases.command_reply import reply_to
from command_service.use_cases.self_checks.doctor import DoctorDeps, run_checks
from command_service.use_cases.submit import SubmitDeps, count, submit, where_it_is
from shared.slack.message import Payload
from shared.telemetry.metrics import FIRST_SIGN

COMMANDS = ("/gemini",)


@dataclass(frozen=True)
class CommandListener:
    """Calls the use cases for ``COMMANDS``."""

    identity: Identity
    submit_deps: SubmitDeps
    doctor: DoctorDeps

    def register(self, app: AsyncApp) -> None:
        """Make ``app`` handle each of ``COMMANDS``."""
        for command in COMMANDS:
            app.command(command)(self._on_command)

    async def _on_command(self, body: Payload, ack: AsyncAck) -> None:
        request = read_doctor_request(body)
        if isinstance(request, DoctorRequest):
            found = await run_checks(request, self.doctor)
            await ack(found.text, blocks=list(found.blocks))
            return
        asked = read_command(body, self.identity, self.submit_deps.now())
        question = (
            asked if isinstance(asked, NotAQuestion) else await where_it_is(asked, self.submit_deps)
        )
        outcome = await submit(question, self.submit_deps)
        count(question, outcome)
        reply = await reply_to(read_typed(body, self.identity), asked, outcome, self.submit_deps)
        await ack(**reply)
        if isinstance(question, Question) and reply:
            FIRST_SIGN.record(question.age_s(self.submit_deps.now()), source=question.source)

"""The dependencies of each use case, from the settings and the adapters."""

from dataclasses import dataclass

from command_service.composition.adapters import Adapters
from command_service.payloads.model import Identity
from command_service.ports import FindSocketState
from command_service.settings import CommandSettings
from command_service.slack.diagnostics import SlackDiagnostics
from command_service.slack.ephemeral import SlackUserSignals
from command_service.slack.history import SlackHistory
from command_service.slack.locales import SlackLocales
from command_service.slack.message_reader import SlackMessages
from command_service.slack.views import SlackViews
from command_service.use_cases.app_home import REFRESH_EVERY_S, OpenHomeDeps
from command_service.use_cases.ask_again import AskAgainDeps
from command_service.use_cases.channel_facts import ChannelFacts
from command_service.use_cases.feedback import VoteDeps
from command_service.use_cases.follow_ups import FollowUpDeps
from command_service.use_cases.policy import Policy
from command_service.use_cases.reactions import ReactionDeps
from command_service.use_cases.self_checks.doctor import REPORT_EVERY_S, DoctorDeps
from command_service.use_cases.submit import SubmitDeps
from command_service.use_cases.throttle import GENEROSITY, Cooldown, PerUserThrottle


@dataclass(frozen=True)
class UseCaseDeps:
    """The dependencies of all use cases. They share the policy, the throttles and the caches."""

    submit: SubmitDeps
    asking_again: AskAgainDeps
    follow_ups: FollowUpDeps
    reactions: ReactionDeps
    votes: VoteDeps
    home: OpenHomeDeps
    doctor: DoctorDeps


def use_case_deps(
    settings: CommandSettings,
    identity: Identity,
    adapters: Adapters,
    socket_state: FindSocketState,
) -> UseCaseDeps:
    """The dependencies of this process; nothing is asked of Slack or Pub/Sub yet."""
    access, ledger = adapters.access, adapters.ledger
    diagnostics = SlackDiagnostics(access, identity.team_id)
    messages = SlackMessages(access, ledger)
    views = SlackViews(access, ledger.signing)
    submit = _submit_deps(settings, adapters, diagnostics)
    return UseCaseDeps(
        submit,
        AskAgainDeps(submit, messages),
        FollowUpDeps(submit, SlackHistory(access), ledger),
        ReactionDeps(submit, messages, identity),
        VoteDeps(submit, views, asks_words=settings.feedback_reasons == "log"),
        OpenHomeDeps(
            submit,
            views,
            Cooldown(REFRESH_EVERY_S),
            settings.k_revision,
            settings.reaction_ask,
        ),
        DoctorDeps(
            submit,
            identity,
            diagnostics,
            socket_state,
            Cooldown(REPORT_EVERY_S),
            settings.k_revision,
        ),
    )


def _submit_deps(
    settings: CommandSettings, adapters: Adapters, diagnostics: SlackDiagnostics
) -> SubmitDeps:
    access, background = adapters.access, adapters.background
    return SubmitDeps(
        queue=adapters.queue,
        kept=adapters.kept,
        access=access,
        replies=SlackUserSignals(access, adapters.ledger),
        locales=SlackLocales(access, background, settings.default_locale),
        background=background,
        policy=_policy(settings),
        channel_facts=ChannelFacts(diagnostics),
        throttle=PerUserThrottle(GENEROSITY * settings.user_requests_per_minute),
        following=settings.following,
        asking=settings.asking_reaction,
    )


def _policy(settings: CommandSettings) -> Policy:
    return Policy(
        team_ids=settings.allowed_team_ids,
        channel_ids=settings.allowed_channel_ids,
        user_ids=settings.allowed_user_ids,
        external_channels=settings.allow_external_channels,
        rollout_percent=settings.rollout_percent,
        rollout_user_ids=settings.rollout_user_ids,
        max_prompt_chars=settings.max_prompt_chars,
    )

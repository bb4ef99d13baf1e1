"""The command service's rollout: one version, answering a growing share of people.

It is never split or tagged: each of its revisions that runs holds a socket to Slack and takes
events, whatever its share of the HTTP traffic.
"""

from dataclasses import dataclass
from functools import partial

from deploy.canary.candidate import Outcome, RolloutSuperseded
from deploy.canary.cloud_run import Change, Check, CloudRun, ServiceState, Share, sending_by_hand
from deploy.canary.judgement import Judgement, Observe, Verdict
from deploy.canary.watch import Watch
from deploy.errors import CloudRunFailed, OperationFailed
from deploy.language import words


@dataclass(frozen=True)
class Staging:
    """The dependencies of a staged rollout."""

    service: CloudRun
    watch: Watch
    observe: Observe

    def roll_out(self, image: str | None, pilots: str | None) -> Outcome:
        """Set ``ROLLOUT_PERCENT`` stage by stage; ``pilots`` (user ids) are let in from the first.

        If anything ends it early, the previous revision serves again, unless somebody has sent the
        traffic elsewhere meanwhile. Raises OperationFailed.
        """
        state = self.service.state()
        before = revision = state.carrier
        was = state.environment.get("ROLLOUT_PERCENT", "100")
        self.watch.say(
            words(
                f"{state.name}: {before} serves {was} % of the people.",
                f"{state.name}：{before} が利用者の {was} % に公開されています。",
            )
        )
        # Noted first: a rollout that is killed leaves something to roll back to.
        self.service.send(list(state.shares), good=(before, *state.good))
        try:
            for percent in self.watch.pace.stages:
                environment = {"ROLLOUT_PERCENT": str(percent)}
                if pilots is not None:
                    environment["ROLLOUT_USER_IDS"] = pilots
                revision = self.service.create_revision(
                    Change(image, environment),
                    serving=True,
                    check=partial(_check_carries, revision),
                )
                self.watch.say(
                    words(
                        f"{revision} serves {percent} % of the people.",
                        f"{revision} を利用者の {percent} % に公開しました。",
                    )
                )
                judgement = self.watch.stage(self.observe)
                if judgement.verdict is not Verdict.GOOD:
                    self._go_back(state, partial(_check_carries, revision))
                    return Outcome(revision, before, judgement)
        except RolloutSuperseded:
            raise
        except (OperationFailed, KeyboardInterrupt):
            self._go_back(state, partial(_check_left, before, revision))
            raise
        return self._finish(state, revision)

    def _finish(self, state: ServiceState, revision: str) -> Outcome:
        before = state.carrier
        good = (revision, *(state.good or (before,)))
        check = partial(_check_carries, revision)
        self.service.send([Share(revision, 100)], good=good, check=check)
        self.watch.say(words(f"{revision} is noted as good.", f"{revision} を正常と記録しました。"))
        return Outcome(revision, before, Judgement(Verdict.GOOD))

    def _go_back(self, state: ServiceState, check: Check) -> None:
        before = state.carrier
        try:
            self.service.send([Share(before, 100)], check=check)
        except RolloutSuperseded:
            raise
        except CloudRunFailed:
            by_hand = sending_by_hand(state.name, before)
            self.watch.say(
                words(
                    f"{before} must serve again, and that failed. Do it by hand: {by_hand}",
                    f"{before} に戻せませんでした。手動で実行してください：{by_hand}",
                )
            )
            raise
        self.watch.say(
            words(f"{before} serves again, as before.", f"以前の {before} に戻しました。")
        )


def _check_carries(revision: str, state: ServiceState) -> None:
    """Raise RolloutSuperseded unless the revision of the last stage carries all traffic."""
    if state.percent(revision) != 100:
        raise RolloutSuperseded(state.name)


def _check_left(before: str, revision: str, state: ServiceState) -> None:
    """The same; but a revision that failed while it was made may carry the traffic by now, too."""
    if not state.follows_latest and state.carrier not in {before, revision}:
        raise RolloutSuperseded(state.name)

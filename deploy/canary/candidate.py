"""The processor's rollout: a candidate beside the serving revision, then more and more traffic."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from typing import Final

from deploy.canary.cloud_run import Change, Check, CloudRun, ServiceState, Share, sending_by_hand
from deploy.canary.judgement import Judgement, Observe, Observed, Verdict, eased, judge
from deploy.canary.watch import Watch
from deploy.errors import CloudRunFailed, OperationFailed
from deploy.language import words

TAG: Final = "candidate"
_BASELINE_WINDOW_S: Final = 3600
_OUTAGE_WINDOW_S: Final = 600
_YOUNG_OUTAGE_WINDOW_S: Final = 120


class RolloutSuperseded(CloudRunFailed):
    """Somebody else has taken this rollout back, or begun another one: what they decided stays."""

    def __init__(self, service: str) -> None:
        super().__init__(
            words(
                f"Somebody else has changed the traffic of {service}. Nothing more is done "
                "here: look who serves, and begin again.",
                f"ほかの人が {service} のトラフィックを変更したため、ここで終了します。"
                "どのリビジョンが動いているかを確認し、もう一度実行してください。",
            )
        )


@dataclass(frozen=True)
class Outcome:
    """What became of a rollout; ``shown`` says whether people met the new version."""

    revision: str
    before: str
    judgement: Judgement
    shown: bool = True

    @property
    def serving(self) -> str:
        """The revision that carries all traffic after it."""
        return self.revision if self.is_promoted else self.before

    @property
    def is_promoted(self) -> bool:
        """Whether the new version serves everybody."""
        return self.judgement.verdict is Verdict.GOOD


@dataclass(frozen=True)
class Canary:
    """The dependencies of a rollout. ``smoke_test(url, service_url)`` says what it found.

    It raises OperationFailed for a candidate that can't work.
    """

    service: CloudRun
    watch: Watch
    observer: Callable[[str], Observe]
    smoke_test: Callable[[str, str], str]
    is_hotfix: bool = False
    """Judge the new version by what runs now where that breaks the limits already."""

    def roll_out(self, change: Change | None) -> Outcome:
        """Roll out a revision with ``change``, or the one deployed beside the serving revision: the
        one tagged as the candidate, else the latest.

        A rollout that was cut off before is taken back first. If anything ends this one early, all
        traffic goes back to the revision that carried it before, unless somebody has sent it
        elsewhere meanwhile. Raises OperationFailed, also when nothing was begun.
        """
        self.take_back_cut_off()
        state = self.service.state()
        before = _only_carrier(state)
        self.watch.say(
            words(
                f"{state.name}: {before} carries all traffic.",
                f"{state.name}：すべてのトラフィックは {before} に流れています。",
            )
        )
        candidate = self._candidate(state, change)
        if candidate == before:
            self.watch.say(
                words(
                    "That is the latest revision too: there is nothing to roll out.",
                    "それが最新のリビジョンのため、ロールアウトするものはありません。",
                )
            )
            return Outcome(candidate, before, Judgement(Verdict.GOOD))
        good = self._good(state, before)
        try:
            return self._climb(state, before, candidate, good)
        except RolloutSuperseded:
            raise
        except (OperationFailed, KeyboardInterrupt):
            self._go_back(state, before, partial(_check_begun, candidate, before))
            raise

    def take_back_cut_off(self) -> Outcome | None:
        """If a rollout's process was killed, send all traffic back to the revision with which it
        began.
        """
        state = self.service.state()
        before = state.rolling_out_from
        if not before:
            return None
        others = [share for share in state.shares if share.revision != before]
        left = max(others, key=lambda share: share.percent, default=Share(before, 0))
        self.watch.say(
            words(
                f"The rollout of {left.revision} was cut off at {left.percent} %.",
                f"{left.revision} のロールアウトは {left.percent} % で中断されていました。",
            )
        )
        self._go_back(state, before)
        cut_off = words("its rollout was cut off", "ロールアウトが中断されました")
        judgement = Judgement(Verdict.BAD, (cut_off,))
        return Outcome(left.revision, before, judgement, shown=left.percent > 0)

    def _candidate(self, state: ServiceState, change: Change | None) -> str:
        if change is None:
            tagged = [share.revision for share in state.shares if share.tag == TAG]
            return tagged[0] if tagged else state.latest_ready
        name = self.service.create_revision(change, serving=False)
        self.watch.say(
            words(
                f"{name} was created from {change.image}. It carries no traffic yet.",
                f"{change.image} から {name} を作りました。トラフィックはまだ流れていません。",
            )
        )
        return name

    def _good(self, state: ServiceState, before: str) -> tuple[str, ...]:
        if before in state.good:
            return state.good
        last_hour = self.observer(before)(_BASELINE_WINDOW_S)
        self.watch.say(
            words(
                f"{before} in the last hour: {last_hour}.", f"{before} の直近 1 時間：{last_hour}"
            )
        )
        judgement = judge(last_hour, self.watch.limits, self.watch.pace.at_least)
        return state.good if judgement.verdict is Verdict.BAD else (before, *state.good)

    def _climb(
        self, state: ServiceState, before: str, candidate: str, good: tuple[str, ...]
    ) -> Outcome:
        kept, watch, now = _other_tags(state), self._watch(before), 0
        self.service.send([Share(before, 100), Share(candidate, 0, TAG), *kept], before=before)
        self._try_out(candidate)
        for percent in self.watch.pace.stages:
            rest = [Share(before, 100 - percent)] if percent < 100 else []
            shares = [*rest, Share(candidate, percent, TAG), *kept]
            check = partial(_check_carries, candidate, now)
            self.service.send(shares, before=before, check=check)
            now = percent
            self.watch.say(
                words(f"{percent} % go to {candidate}.", f"{percent} % を {candidate} に流します。")
            )
            judgement = watch.stage(self.observer(candidate))
            if judgement.verdict is not Verdict.GOOD:
                self._go_back(state, before, partial(_check_begun, candidate, before))
                return Outcome(candidate, before, judgement)
        # A tagged revision keeps its minimum of instances (cloud.google.com/run, traffic tags).
        shares = [Share(candidate, 100), *kept]
        check = partial(_check_carries, candidate, now)
        self.service.send(shares, good=(candidate, *good), check=check)
        self.watch.say(
            words(
                f"{candidate} carries all traffic and is noted as good.",
                f"すべてのトラフィックを {candidate} に移し、正常と記録しました。",
            )
        )
        return Outcome(candidate, before, judgement)

    def _watch(self, before: str) -> Watch:
        if not self.is_hotfix:
            return self.watch
        now = self._outage(before)
        limits = eased(self.watch.limits, now)
        p95 = f"p95 {limits.latency_p95_s:g} s" if isfinite(limits.latency_p95_s) else ""
        self.watch.say(
            words(
                f"{before} now: {now}. A hotfix goes back above {limits.error_rate:.0%} errors"
                f"{p95 and ', ' + p95} or {limits.handed_back_rate:.0%} handed back.",
                f"現在の {before}：{now}。ホットフィックスは、エラー率 {limits.error_rate:.0%}"
                f"{p95 and '、' + p95}、差し戻し {limits.handed_back_rate:.0%} の"
                "いずれかを超えると取り消します。",
            )
        )
        return replace(self.watch, limits=limits)

    def _outage(self, before: str) -> Observed:
        """The numbers of ``before`` now: the minutes before an outage would half hide it."""
        seen, lately = map(self.observer(before), (_OUTAGE_WINDOW_S, _YOUNG_OUTAGE_WINDOW_S))
        is_known = lately.judged + lately.handed_back >= self.watch.pace.at_least
        return max((seen, lately) if is_known else (seen,), key=_badness)

    def _try_out(self, candidate: str) -> None:
        if candidate not in self.service.ready_revisions():
            raise CloudRunFailed(
                words(
                    f"{candidate} did not become ready: its log tells why.",
                    f"{candidate} は起動できませんでした。理由はログを確認してください。",
                )
            )
        state = self.service.state()
        url = next((share.url for share in state.shares if share.tag == TAG), "")
        if not url:
            raise CloudRunFailed(
                words(
                    f"Cloud Run gave {candidate} no address for its tag {TAG}.",
                    f"{candidate} のタグ {TAG} に、Cloud Run のアドレスが付いていません。",
                )
            )
        found = self.smoke_test(url, state.url)
        self.watch.say(
            words(f"{candidate} is ready; {found}.", f"{candidate} の準備ができました。{found}。")
        )

    def _go_back(self, state: ServiceState, before: str, check: Check | None = None) -> None:
        try:
            self.service.send([Share(before, 100), *_other_tags(state)], check=check)
        except RolloutSuperseded:
            raise
        except CloudRunFailed:
            by_hand = sending_by_hand(state.name, before)
            self.watch.say(
                words(
                    f"All traffic must go back to {before}, and that failed. Do it by hand: "
                    f"{by_hand}",
                    f"すべてのトラフィックを {before} に戻せませんでした。"
                    f"手動で実行してください：{by_hand}",
                )
            )
            raise
        self.watch.say(
            words(
                f"All traffic is back at {before}.",
                f"すべてのトラフィックを {before} に戻しました。",
            )
        )


def _check_carries(candidate: str, percent: int, state: ServiceState) -> None:
    """Raise RolloutSuperseded unless the candidate carries what this rollout has given it."""
    if not state.rolling_out_from or state.percent(candidate) != percent:
        raise RolloutSuperseded(state.name)


def _check_begun(candidate: str, before: str, state: ServiceState) -> None:
    """Raise RolloutSuperseded unless this rollout is the one under way, at whatever stage."""
    tagged = any(one.revision == candidate and one.tag == TAG for one in state.shares)
    if state.rolling_out_from != before or not tagged:
        raise RolloutSuperseded(state.name)


def _only_carrier(state: ServiceState) -> str:
    if state.percent(state.carrier) < 100:
        shares = ", ".join(f"{each.revision} {each.percent} %" for each in state.shares)
        raise CloudRunFailed(
            words(
                f"The traffic of {state.name} is split already ({shares}): another rollout is "
                "under way or was broken off. Send it to one revision first: "
                "python -m deploy.rollback",
                f"{state.name} のトラフィックはすでに分かれています（{shares}）。別のロールアウトが"
                "進行中か、中断されています。先に 1 つのリビジョンにまとめてください："
                "python -m deploy.rollback",
            )
        )
    return state.carrier


def _other_tags(state: ServiceState) -> list[Share]:
    return [Share(each.revision, 0, each.tag) for each in state.shares if each.tag not in ("", TAG)]


def _badness(seen: Observed) -> float:
    return seen.error_rate + seen.handed_back_rate

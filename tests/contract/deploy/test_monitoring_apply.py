"""``python -m deploy.monitoring`` through Google's own clients."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from google.cloud import monitoring_dashboard_v1 as dashboards
from google.cloud import monitoring_v3 as monitoring

from deploy.monitoring.__main__ import main
from deploy.monitoring.files import FOLDER
from tests.support.fakes.monitoring import PARENT, CloudMonitoring, cloud_monitoring


@dataclass
class Project:
    """A project, and the command line that points at it."""

    google: CloudMonitoring
    address: str
    capsys: pytest.CaptureFixture[str]

    def run(
        self, command: str, *options: str, critical: str = "On call", budget: str = "20"
    ) -> int:
        return main(
            [
                *(command, "--project", "demo", "--monitoring-address", self.address),
                *("--critical", critical, "--warning", "Operations in Slack"),
                *("--runbooks-url", "https://example.com/docs/runbooks"),
                *("--daily-budget-usd", budget, *options),
            ]
        )

    def said(self) -> str:
        return self.capsys.readouterr().out

    def policy(self, name: str) -> monitoring.AlertPolicy:
        (found,) = [
            policy
            for policy in self.google.policies.values()
            if policy.user_labels.get("mechachang_name") == name
        ]
        return found


@pytest.fixture
def project(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Project]:
    monkeypatch.chdir(tmp_path)
    with cloud_monitoring() as (google, address):
        yield Project(google, address, capsys)


def test_an_empty_project_gets_everything_and_the_second_time_nothing(project: Project) -> None:
    assert project.run("apply") == 0
    assert "alert policy high-error-rate created" in project.said()
    assert len(project.google.policies) == len(list((FOLDER / "alerts").glob("*.yaml")))
    assert len(project.google.dashboards) == 1
    policy = project.policy("high-error-rate")
    assert policy.severity is monitoring.AlertPolicy.Severity.CRITICAL
    assert policy.notification_channels == [f"{PARENT}/notificationChannels/1"]
    project.google.changes.clear()
    assert project.run("apply") == 0
    assert project.run("diff") == 0
    assert project.said() == "Nothing differs.\nNothing differs.\n"
    assert project.google.changes == []


def test_another_language_changes_what_is_there_in_its_place(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.run("apply")
    resources = {*project.google.policies, *project.google.dashboards}
    project.google.changes.clear()
    project.said()
    monkeypatch.setenv("DEPLOY_LANG", "ja")
    assert project.run("diff") == 1
    assert "アラートポリシー redis-lost を更新します" in project.said()
    assert project.run("apply") == 0
    assert {*project.google.policies, *project.google.dashboards} == resources
    assert {change.split()[0] for change in project.google.changes} == {"update"}
    policy = project.policy("redis-lost")
    assert policy.display_name == "Mechachang：Redis が応答していません"
    assert policy.conditions[0].display_name == (
        "10 分間に 3 回以上コマンドが失敗し、直近の 3 分にも、それより前にも失敗しました"
    )
    (link,) = policy.documentation.links
    assert link.url == "https://example.com/docs/ja/runbooks/redis-lost.md"
    (dashboard,) = project.google.dashboards.values()
    assert dashboard.grid_layout.widgets[3].title == "エラー率"
    project.said()
    assert project.run("diff") == 0
    assert project.said() == "違いはありません。\n"
    assert project.run("apply", "--lang", "en") == 0
    assert {*project.google.policies, *project.google.dashboards} == resources
    assert project.policy("redis-lost").display_name == "Mechachang: Redis is lost"


def test_a_language_that_is_not_known_is_told_in_both(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_LANG", "jp")
    assert project.run("apply") == 2
    told = project.capsys.readouterr().err
    assert "DEPLOY_LANG" in told
    assert "何も実行していません" in told
    assert "jp" not in told
    assert project.google.changes == []


def test_an_env_file_of_another_encoding_is_told_in_both_languages(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_bytes("# トークン\nSLACK_BOT_TOKEN=xoxb-secret\n".encode("cp932"))
    assert project.run("apply") == 2
    told = project.capsys.readouterr().err
    assert ".env is not written in UTF-8" in told
    assert "UTF-8 で保存し直してください" in told
    assert "secret" not in told


def test_diff_says_what_would_change_and_changes_nothing(project: Project) -> None:
    assert project.run("diff") == 1
    assert "dashboard dashboard would be created" in project.said()
    assert project.google.changes == []


def test_only_what_differs_is_changed_and_it_is_said_how(project: Project) -> None:
    project.run("apply")
    project.google.changes.clear()
    project.policy("socket-down").enabled = False
    project.policy("dead-letters").conditions.append(
        monitoring.AlertPolicy.Condition(display_name="by hand")
    )
    project.said()
    assert project.run("diff") == 1
    said = project.said()
    assert "alert policy socket-down would be updated\n  enabled: False -> True" in said
    assert project.run("apply", budget="30") == 0
    assert (
        "> 30" in project.policy("budget").conditions[0].condition_prometheus_query_language.query
    )
    assert project.policy("socket-down").enabled
    assert sorted(project.google.changes) == [
        "update Mechachang",
        "update Mechachang: Gemini costs more than planned",
        "update Mechachang: dead letters",
        "update Mechachang: not connected to Slack",
    ]


def test_what_others_made_stays_and_what_we_no_longer_want_goes(project: Project) -> None:
    for name, labels in (
        ("foreign", {}),
        ("Mechachang: high error rate", {"team": "other"}),
        ("old", {"managed_by": "mechachang", "mechachang_name": "old"}),
    ):
        path = f"{PARENT}/alertPolicies/{name.replace(' ', '-')}"
        project.google.policies[path] = monitoring.AlertPolicy(
            name=path, display_name=name, user_labels=labels
        )
    path = f"{PARENT}/dashboards/theirs"
    project.google.dashboards[path] = dashboards.Dashboard(name=path, display_name="Mechachang")
    assert project.run("apply") == 0
    assert [change for change in project.google.changes if change.startswith("delete")] == [
        "delete old"
    ]
    assert f"{PARENT}/alertPolicies/foreign" in project.google.policies
    assert project.google.dashboards[path].labels == {}


def test_a_second_copy_of_ours_goes(project: Project) -> None:
    project.run("apply")
    copy = monitoring.AlertPolicy(project.policy("budget"))
    copy.name = f"{PARENT}/alertPolicies/copy"
    project.google.policies[copy.name] = copy
    assert project.run("apply") == 0
    assert project.policy("budget").name != copy.name


def test_a_channel_that_is_not_there_is_told_before_anything_changes(project: Project) -> None:
    assert project.run("apply", critical="Nobody") == 1
    told = project.capsys.readouterr().err
    assert "0 notification channels are called 'Nobody'" in told
    assert "On call, Operations in Slack" in told
    assert project.google.changes == []


def test_what_is_refused_stops_nothing_else_and_all_of_it_is_told(project: Project) -> None:
    project.google.refuses = "high"
    assert project.run("apply") == 1
    out, err = project.capsys.readouterr()
    assert err.count("Cloud Monitoring refused: The policy is not valid.") == 2
    assert "alert policy high-error-rate" in err
    assert "alert policy high-latency" in err
    assert "alert policy socket-down created" in out
    assert len(project.google.dashboards) == 1
    project.google.refuses = "nothing"
    assert project.run("apply") == 0
    assert "alert policy high-latency created" in project.said()


def test_several_channels_are_told_at_once(project: Project) -> None:
    assert project.run("apply", critical="On call,Operations in Slack") == 0
    assert len(project.policy("socket-down").notification_channels) == 2


def test_a_refusal_names_the_role_to_ask_for(project: Project) -> None:
    project.google.denied = True
    assert project.run("apply") == 1
    assert "roles/monitoring.alertPolicyEditor" in project.capsys.readouterr().err


def test_render_asks_nobody(project: Project) -> None:
    project.google.denied = True
    assert project.run("render") == 0
    assert '"severity": "CRITICAL"' in project.said()

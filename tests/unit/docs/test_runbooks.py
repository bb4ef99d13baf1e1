"""The runbooks: each has its Japanese twin, and commands, logs and settings that exist."""

import argparse
import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import promql_parser
import pytest
import yaml

from command_service.payloads.model import RejectReason
from command_service.settings import CommandSettings
from deploy.monitoring.files import FOLDER, dashboards, policies
from deploy.monitoring.values import Installation, values
from processor_service.settings import ProcessorSettings
from tests.drills.runbooks.drills import DRILLS
from tests.drills.runbooks.page import RUNBOOKS, Page, pages, read
from tests.drills.runbooks.played_drills import PLAYED
from tests.drills.runbooks.signs import comparisons

ROOT = Path(__file__).parents[3]
JAPANESE = ROOT / "docs" / "ja" / "runbooks"
ALERTS = sorted((ROOT / "deploy" / "monitoring" / "alerts").glob("*.yaml"))
# With the alert's own query and the links at the end of how it is confirmed.
ONE_PAGE = 100
SECTIONS = ["What people see", "Confirm", "Causes", "Fix", "Verify", "Escalate"]
SECTIONS_JA = ["利用者から見える状態", "確認", "原因", "対処", "対処後の確認", "エスカレーション"]
PAGES = pages()
INSTALLATION = Installation("critical", "warning", "https://runbooks", daily_budget_usd=20)
CONSOLE = "https://console.cloud.google.com"
SHORT_JA = yaml.safe_load((FOLDER / "texts_ja.yaml").read_text(encoding="utf-8"))["short"]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def sections(page: Page) -> list[str]:
    return re.findall(r"^## (.+)$", page.text, re.MULTILINE)


def twin(page: Page) -> Page:
    return next(each for each in pages(JAPANESE) if each.name == page.name)


@each_page
def test_a_page_is_one_page_with_every_section(page: Page) -> None:
    assert sections(page) == SECTIONS
    assert page.text.count("\n") <= ONE_PAGE


@each_page
def test_every_page_has_a_japanese_twin_with_the_same_blocks(page: Page) -> None:
    assert twin(page).blocks == page.blocks
    assert sections(twin(page)) == SECTIONS_JA


def test_there_is_no_page_in_one_language_only() -> None:
    assert [page.name for page in pages(JAPANESE)] == [page.name for page in PAGES]


@pytest.mark.parametrize("folder", [RUNBOOKS, JAPANESE], ids=["en", "ja"])
def test_the_index_lists_every_page(folder: Path) -> None:
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[[\w-]+\]\(([\w-]+)\.md\)", index, re.MULTILINE)) == [
        page.name for page in PAGES
    ]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda path: path.stem)
def test_every_alert_has_its_page_and_the_page_names_it(alert: Path) -> None:
    written = yaml.safe_load(alert.read_text(encoding="utf-8"))
    (link,) = written["documentation"]["links"]
    name = link["url"].rpartition("/")[2].removesuffix(".md")
    (page,) = [page for page in PAGES if page.name == name]
    assert f'Alert "{written["displayName"]}" ({written["severity"].lower()})' in page.text


@each_page
def test_a_page_prints_what_its_alert_asks(page: Page) -> None:
    """Somebody who looks sees what has rung, and no other query that may show nothing."""
    printed = {line for block in page.blocks for line in block.lines()}
    assert {line for line in asked_by(page.name) if line not in printed} == set()


def asked_by(name: str) -> Iterator[str]:
    """What the alerts that lead to this page ask, line by line, as Google gets it."""
    for policy in policies(values(INSTALLATION)).values():
        (link,) = policy["documentation"]["links"]
        if link["url"].endswith(f"/{name}.md"):
            for condition in policy["conditions"]:
                if metric := condition.get("conditionPrometheusQueryLanguage"):
                    yield " ".join(metric["query"].split())
                else:
                    log = condition["conditionMatchedLog"]["filter"]
                    yield from (" ".join(line.split()) for line in log.splitlines() if line)


def test_an_alert_that_asks_something_is_looked_for() -> None:
    named = {page.name for page in PAGES if list(asked_by(page.name))}
    assert named == {alert.stem for alert in ALERTS}


def test_a_report_that_shows_the_end_of_an_incident_does_not_hold_its_beginning() -> None:
    """With a window of an hour the bad time is in it for an hour after the fix."""
    windows = re.findall(r"slo report --window=(\w+)", "".join(page.text for page in PAGES))
    assert set(windows) == {"10m"}


def test_no_page_has_people_go_back_by_a_command_that_may_do_nothing() -> None:
    """``--if-bad`` refuses below its limits and with few questions: a team's usual hour."""
    manuals = [
        read(RUNBOOKS.parent / f"{name}.md") for name in ("on-call", "migration", "operations")
    ]
    asked = [p.name for p in [*PAGES, *manuals] for c in p.commands() if "--if-bad" in c]
    assert asked == []
    assert all("--if-bad`" not in each.text.replace("… --if-bad`", "") for each in manuals)


def test_every_drill_has_a_page_that_says_what_to_see_and_to_do() -> None:
    by_name = {page.name: page for page in PAGES}
    for drill in DRILLS:
        page = by_name[drill.page]
        assert page.of("confirm"), drill.page
        assert page.of("fix"), drill.page
        assert page.of("verify"), drill.page


def test_every_page_has_a_drill_and_blocks_for_it() -> None:
    drilled = [drill.page for drill in DRILLS] + [drill.page for drill in PLAYED]
    assert sorted(set(drilled)) == [page.name for page in PAGES]
    for page in PAGES:
        assert all(page.of(role) for role in ("confirm", "fix", "verify")), page.name


@each_page
def test_every_variable_of_a_command_was_set_before(page: Page) -> None:
    """What is empty in somebody's shell goes to Google as ``--region=``."""
    there: set[str] = set()
    for command in (*read(RUNBOOKS / "README.md").commands(), *page.commands()):
        used = set(re.findall(r"\$\{?([A-Z_]+)", command))
        there |= (
            set(re.findall(r"\b([A-Z_]+)=", command)) if command.startswith("export") else set()
        )
        there |= set(re.findall(r"^read -rs (\w+)", command))
        assert used <= there, command


def tiles() -> dict[str, str]:
    """Every tile of the dashboard, with what it asks."""
    (dashboard,) = dashboards(values(INSTALLATION)).values()
    return {tile["title"]: str(tile) for tile in dashboard["gridLayout"]["widgets"]}


@pytest.mark.parametrize("folder", [RUNBOOKS, JAPANESE], ids=["en", "ja"])
@pytest.mark.parametrize("alert", ALERTS, ids=lambda path: path.stem)
def test_a_page_leads_to_the_tile_that_shows_what_rings(alert: Path, folder: Path) -> None:
    text = (folder / f"{alert.stem}.md").read_text(encoding="utf-8")
    found = re.findall(rf"\[([^\]]+)\]\({re.escape(CONSOLE)}/monitoring/([^)]*)\)", text)
    ((title, address),) = found
    assert address == "dashboards?project=PROJECT"
    if folder == JAPANESE:
        title = next(english for english, japanese in SHORT_JA.items() if japanese == title)
    asked = names_in(" ".join(asked_by(alert.stem)))
    shows = {name: names_in(queries) & asked for name, queries in tiles().items()}
    assert title in shows
    assert shows[title] or not any(shows.values()), shows


def names_in(queries: str) -> set[str]:
    """The metrics that are asked for, without a histogram's parts."""
    found = re.findall(r"\b(?:mechachang|pubsub_google\w+:|run_google\w+:)\w+", queries)
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in found}


@pytest.mark.parametrize("folder", [RUNBOOKS, JAPANESE], ids=["en", "ja"])
@pytest.mark.parametrize("alert", ALERTS, ids=lambda path: path.stem)
def test_a_page_leads_to_the_trace_of_the_slowest_question(alert: Path, folder: Path) -> None:
    text = (folder / f"{alert.stem}.md").read_text(encoding="utf-8")
    (anchor,) = re.findall(r"\(README\.md#([^)]+)\)", text)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    heading = next(
        each
        for each in re.findall(r"^## (.+)$", readme, re.MULTILINE)
        if each.lower().replace(" ", "-") == anchor
    )
    assert f"{CONSOLE}/traces/explorer;traceId=" in readme.partition(f"## {heading}")[2]


@cache
def logged_actions() -> frozenset[str]:
    """Every ``action="…"`` of both services, also of a choice between two."""
    return frozenset(
        constant.value
        for folder in ("shared", "command_service", "processor_service")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for value in _actions(node)
        for constant in ast.walk(value)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    )


def _actions(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.keyword(arg="action", value=value):
            yield value
        case ast.Assign(targets=[ast.Name(id="action")], value=value):
            yield value


@cache
def reasons() -> frozenset[str]:
    """Every string that stands in the services: a reason code is one of them."""
    return frozenset(RejectReason) | frozenset(
        node.value
        for folder in ("shared", "command_service", "processor_service")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@each_page
def test_what_the_log_is_searched_for_is_logged(page: Page) -> None:
    of_the_alert = set(asked_by(page.name))
    for block in page.blocks:
        # What an alert looks for is tested beside the alert, in Google's whole language.
        if block.language == "logs" and not of_the_alert.issuperset(block.lines()):
            wanted = comparisons(block.text)
            if "jsonPayload.action" in wanted:
                assert wanted["jsonPayload.action"][1] in logged_actions()
            for field in ("reason", "outcome"):
                _, value = wanted.get(f"jsonPayload.{field}", ("=", None))
                assert value is None or value in reasons()


@each_page
def test_codes_in_the_text_exist(page: Page) -> None:
    """What stands in backticks and looks like a code is a log's action, a reason, or a metric."""
    prose = re.sub(r"^```.*?^```$", "", page.text, flags=re.MULTILINE | re.DOTALL)
    codes = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", prose))
    fields = {"task_id", "retry_after_s", "age_s", "slack_error", "user_id", "slack_socket"}
    unknown = {
        code
        for code in codes - fields - metrics() - logged_actions() - reasons()
        if not _is_of_slack(code)
    }
    assert unknown == set()


def _is_of_slack(code: str) -> bool:
    return code in {"account_inactive", "missing_scope"}


@cache
def metrics() -> frozenset[str]:
    """The names of all our metrics."""
    source = ROOT / "shared" / "telemetry" / "metrics.py"
    if not source.exists():
        return frozenset()
    return frozenset(re.findall(r'"(mechachang_\w+)"', source.read_text(encoding="utf-8")))


@each_page
def test_queries_are_promql_about_metrics_that_are_measured(page: Page) -> None:
    for query in _queries(page):
        promql_parser.parse(query)
        ours = {
            re.sub(r"_(bucket|count|sum)$", "", name)
            for name in re.findall(r"\bmechachang_\w+", query)
        }
        assert ours <= metrics(), query


def _queries(page: Page) -> list[str]:
    return [
        line
        for block in page.blocks
        if block.language == "promql"
        for line in block.text.splitlines()
    ]


@each_page
def test_settings_named_on_a_page_exist(page: Page) -> None:
    fields = {*CommandSettings.model_fields, *ProcessorSettings.model_fields}
    known = {name.upper() for name in fields}
    prefixes = r"SLACK|GEMINI|PUBSUB|REDIS|ALLOWED|ROLLOUT|USER|TEAM|TASK|CACHE|SYSTEM"
    named = set(re.findall(rf"\b((?:{prefixes})(?:_[A-Z]+)+)\b", page.text))
    assert named - {"TASK_ID"} <= known


@each_page
def test_our_own_commands_exist_and_take_these_options(page: Page) -> None:
    for command in page.commands():
        words = shlex.split(command)
        if words[:2] == ["python", "-m"]:
            _parser(words[2]).parse_args(words[3:])
        elif not words[0].startswith(("gcloud", "curl", "read", "printf", "export")):
            assert (ROOT / words[0]).exists(), command


def _parser(module: str) -> argparse.ArgumentParser:
    """The command line of a module that is run, or of a package's ``__main__``."""
    run = importlib.import_module(module)
    if hasattr(run, "__path__"):
        run = importlib.import_module(f"{module}.__main__")
    found: argparse.ArgumentParser = run.command_line()
    return found

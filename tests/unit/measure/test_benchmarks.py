"""The benchmark's own arithmetic: what is compared, and that the guard can fail."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from benchmarks.check import TOLERANCE, worsened
from benchmarks.cold_start import ColdStart
from benchmarks.cost import COMMAND, PROCESSOR, Cost, Machine, costs
from benchmarks.figures import Figures, Spread
from benchmarks.goals import goals
from benchmarks.load.pacing import Crowd, Turns
from benchmarks.load.samples import Samples
from benchmarks.readme import ROOT, with_figures
from benchmarks.run import SMALL, Results
from benchmarks.steps import STEPS, shares_of


def spread(value: float) -> Spread:
    return Spread(value, value, value, 100)


def figures(subject: str, trigger: str, cpu_ms: float, time_ms: float) -> Figures:
    name = "processor_service" if subject == "ours" else subject
    return Figures(
        subject=subject,
        trigger=trigger,
        rate=20,
        questions=100,
        unanswered=0,
        ack=spread(5),
        first_sign=spread(10),
        first_words=spread(time_ms / 3),
        finished=spread(time_ms),
        added=spread(time_ms - 1000),
        cpu_ms={name: cpu_ms, "simulators": 100.0},
        memory_mib={name: 120.0},
    )


def results(cpu_ms: float = 15.0) -> Results:
    return Results(
        SMALL,
        [
            figures("floor", "mention", 10.0, 1_010),
            figures("ours", "mention", cpu_ms, 1_040),
            figures("old way", "command", 6.0, 2_010),
            figures("ours", "command", cpu_ms, 1_050),
        ],
        cold_starts=[ColdStart(0.6, 0.7, 0.9, 1.2, 0.65)],
    )


def stored(path: Path, **values: float) -> Path:
    kept: list[dict[str, Any]] = [
        {"name": each.name, "value": each.value} for each in goals(results())
    ]
    path.write_text(json.dumps({"goals": kept, **values}), encoding="utf-8")
    return path


def test_percentiles_are_values_that_occurred_and_count_what_did_not() -> None:
    found = Spread.of([0.001 * number for number in range(1, 101)] + [None])
    assert (found.p50, found.p95, found.p99, found.count) == (50, 95, 99, 100)


def test_the_simulators_cpu_is_not_ours() -> None:
    assert figures("ours", "mention", 15.0, 1_000).own_cpu_ms == 15.0


def test_ratios_are_taken_within_one_repeat() -> None:
    both = results()
    slow = [replace(one, cpu_ms={"x": one.own_cpu_ms * 3}) for one in both.series]
    both.series += slow
    ratio = both.median_ratio(("ours", "mention"), ("floor", "mention"), lambda one: one.own_cpu_ms)
    assert ratio == pytest.approx(1.5)


def test_the_guard_passes_what_is_as_stored_and_fails_what_has_grown(tmp_path: Path) -> None:
    path = stored(tmp_path / "latest.json")
    assert worsened(results(), path) == []
    (worse,) = worsened(results(cpu_ms=15.0 * TOLERANCE * 1.01), path)
    assert worse.name == "CPU a question as a multiple of the floor's"


def test_a_guard_that_would_compare_nothing_does_not_pass(tmp_path: Path) -> None:
    path = tmp_path / "latest.json"
    with pytest.raises(FileNotFoundError):
        worsened(results(), path)
    path.write_text(json.dumps({"goals": []}), encoding="utf-8")
    with pytest.raises(ValueError, match="no ratio"):
        worsened(results(), path)


def test_goals_say_which_limit_is_broken() -> None:
    broken = [goal.name for goal in goals(results(cpu_ms=25.0)) if not goal.held]
    assert broken == ["CPU a question as a multiple of the floor's"]


def costs_of(answers: int) -> dict[str, Cost]:
    mine = figures("ours", "mention", 15.0, 1_040)
    return {one.design: one for one in costs(mine) if one.answers == answers}


def test_the_cache_saves_tokens_and_scale_to_zero_saves_idle_hours() -> None:
    of_1000 = costs_of(1_000)
    assert of_1000["ours"].parts["Gemini"] < of_1000["without cache"].parts["Gemini"]
    assert of_1000["ours"].total < of_1000["without scale to zero"].total


def test_idle_minutes_after_answers_are_paid_for_but_nights_are_not() -> None:
    second = 2 * 0.000018 + 2 * 0.000002
    few, many = (costs_of(answers)["ours"].parts["processor"] for answers in (1_000, 100_000))
    assert 1_000 * 1.04 * second < few < 1_000 * (15 * 60 + 1.04) * second
    assert many == pytest.approx(220 * 3600 * second, rel=1e-3)
    by_request = costs_of(1_000)["processor billed by request"].parts["processor"]
    assert by_request < few / 100


@pytest.mark.parametrize(
    ("name", "machine"), [("command-service", COMMAND), ("processor-service", PROCESSOR)]
)
def test_what_is_billed_is_what_is_deployed(name: str, machine: Machine) -> None:
    file = Path(__file__).parents[3] / "deploy" / f"{name}.yaml"
    service: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    template = service["spec"]["template"]
    limits = template["spec"]["containers"][0]["resources"]["limits"]
    throttled = template["metadata"]["annotations"]["run.googleapis.com/cpu-throttling"] == "true"
    sizes = {"512Mi": 0.5, "2Gi": 2.0}
    assert machine == Machine(
        vcpu=float(limits["cpu"]),
        gib=sizes[limits["memory"]],
        concurrency=template["spec"]["containerConcurrency"],
        billing="request_based" if throttled else "instance_based",
    )
    least = service["metadata"]["annotations"]["run.googleapis.com/minScale"]
    assert least == ("1" if machine is COMMAND else "0")


def test_a_sample_belongs_to_the_innermost_step_that_is_known() -> None:
    redis = "answer (processor_service/answering/answer.py:1);run (redis/asyncio/client.py:5)"
    lines = [
        "main (processor_service/__main__.py:9);push (processor_service/api/routes.py:7) 1",
        f"push (processor_service/api/routes.py:7);{redis};send (asyncio/streams.py:3) 2",
        "run (asyncio/runners.py:1) 1",
    ]
    assert shares_of(lines) == {
        "Redis": 0.5,
        "HTTP edge": 0.25,
        "event loop and the rest": 0.25,
    }


def test_every_step_of_ours_names_code_that_exists() -> None:
    paths = [path for beginnings in STEPS.values() for path in beginnings]
    ours = [path for path in paths if path.startswith("processor_service/")]
    assert ours
    assert [path for path in ours if not [*ROOT.glob(f"{path}*")]] == []


RESULTS = ROOT / "benchmarks" / "results" / "latest.json"


@pytest.mark.parametrize(("locale", "name"), [("en", "README.md"), ("ja", "README.ja.md")])
def test_the_readmes_show_the_stored_figures_and_no_others(
    locale: Literal["en", "ja"], name: str
) -> None:
    record = json.loads(RESULTS.read_text(encoding="utf-8"))
    readme = (ROOT / name).read_text(encoding="utf-8")
    assert with_figures(readme, locale, record) == readme
    record["goals"][0]["value"] *= 2
    assert with_figures(readme, locale, record) != readme


def test_people_of_the_load_who_join_together_do_not_ask_together() -> None:
    people = [Turns(10.0, joined_at=0.0) for _ in range(200)]
    asked: Counter[int] = Counter()
    for turns in people:
        now = turns.wait_s(0.0)
        while now < 60:
            asked[int(now)] += 1
            now += 1.2  # the answer
            now += turns.wait_s(now)
    assert 1_150 <= asked.total() <= 1_250
    assert max(asked.values()) < 50


def test_the_soaks_busiest_moment_is_in_its_first_half_minute() -> None:
    crowd = Crowd(rate=10, seconds=1_800, bursts=True, opening=True)
    people = [crowd.people(ran) or 0 for ran in range(1_801)]
    assert set(people[:35]) == {200}
    assert (people[35], people[59], people[60], people[1_799]) == (100, 300, 100, 300)
    assert crowd.people(1_801) is None
    together = [crowd.wait_together_s(ran) for ran in (1, 2.5, 11.5, 34, 35, 1_000)]
    assert together == [9, 7.5, 8.5, 6, None, None]


def test_a_load_may_begin_calmly_and_stay_so() -> None:
    crowd = Crowd(rate=10, seconds=180, bursts=False, opening=False)
    assert {crowd.people(ran) for ran in range(181)} == {100}
    assert crowd.wait_together_s(1) is None


def soaked(mib: Callable[[float], float]) -> Samples:
    """Half an hour of memory, with half a MiB of the allocator's breath."""
    times = [2.0 * number for number in range(900)]
    breath = random.Random(7)
    memory = [mib(at) + breath.uniform(-0.5, 0.5) for at in times]
    return Samples({}, times, memory={"command_service": memory})


def test_memory_that_only_breathes_does_not_grow() -> None:
    growth = soaked(lambda _: 108.0).growth("command_service")
    assert growth.at_least_mib <= 0 < growth.margin_mib
    assert abs(growth.mib) < 0.5


def test_memory_that_fills_up_in_the_first_half_does_not_grow() -> None:
    assert soaked(lambda at: 108.0 - max(0, 600 - at) / 60).growth("command_service").mib < 0.5


def test_memory_that_creeps_up_in_the_second_half_grows() -> None:
    growth = soaked(lambda at: 107.5 + max(0, at - 1_000) / 800 * 1.4).growth("command_service")
    assert growth.at_least_mib > 1
    assert growth.mib == pytest.approx(2.8, abs=0.5)


def test_a_soak_of_five_minutes_tells_nothing_of_growth() -> None:
    short = Samples({}, [0.0, 100.0, 200.0, 300.0], memory={"command_service": [1.0] * 4})
    with pytest.raises(ValueError, match="Too short"):
        short.growth("command_service")

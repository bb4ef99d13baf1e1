"""Rules of faults: which operation suffers which, and what is told of them."""

from simulators.faults import Fault, FaultPlan

DOWN = Fault("error", status=503)


def test_a_rule_tells_how_often_it_was_hit_also_when_it_is_used_up() -> None:
    plan = FaultPlan()
    plan.add("slack", "chat.*", DOWN, 2)
    assert [rule.hits for rule in plan.known()] == [0]
    assert plan.take("slack", "users.info") is None
    assert [plan.take("slack", name) for name in ("chat.postMessage", "chat.startStream")] == [
        DOWN,
        DOWN,
    ]
    assert plan.take("slack", "chat.update") is None
    assert plan.rules() == []
    assert [(rule.times, rule.hits) for rule in plan.known()] == [(0, 2)]


def test_a_rule_until_it_is_removed_stays_and_counts() -> None:
    plan = FaultPlan()
    rule = plan.add("gemini", "*", DOWN, -1)
    for _ in range(3):
        plan.take("gemini", "generateContent")
    assert [(one.times, one.hits) for one in plan.rules()] == [(-1, 3)]
    assert plan.remove(rule.id)
    assert plan.known() == []


def test_used_up_rules_can_be_forgotten_and_only_the_last_are_kept() -> None:
    plan = FaultPlan()
    for _ in range(30):
        plan.add("push", "*", DOWN)
        plan.take("push", "tasks")
    assert len(plan.known()) == 20
    newest = plan.known()[-1]
    assert not plan.remove(newest.id)
    assert newest not in plan.known()
    plan.clear()
    assert plan.known() == []

"""Which entries of the journal are of one question."""

from simulators.journal import Entry, Journal, act_key


def test_what_shares_a_key_is_one_journey_also_through_others() -> None:
    journal = Journal()
    journal.record("slack", "envelope", ["message:C:1"])
    journal.record("slack", "api", ["trace:a"])
    journal.record("pubsub", "publish", ["trace:a", "task:1", "message:C:1"])
    assert len({entry.journey for entry in journal.entries()}) == 1
    [merged] = journal.entries(step="journey_merged")
    assert merged.detail["from"] != merged.journey


def test_asking_the_same_message_again_is_another_journey() -> None:
    journal = Journal()
    first = journal.record("pubsub", "publish", ["trace:a", "task:1", "message:C:1"])
    pressed = journal.record("slack", "envelope", [act_key("U", 5.5)])
    again = ["trace:b", "task:2", "message:C:1", act_key("U", 5.5)]
    published = journal.record("pubsub", "publish", again)
    assert (published.journey, first.journey) == (pressed.journey, 1)
    assert [entry.step for entry in journal.entries(key="task:2")] == ["envelope", "publish"]
    assert journal.entries(key="message:C:1") == [first]


def test_a_call_that_changes_an_older_answer_is_of_the_task_that_made_it() -> None:
    journal = Journal()
    older = journal.record("pubsub", "publish", ["trace:a", "task:1"])
    newer = journal.record("pubsub", "publish", ["trace:b", "task:2"])
    update = journal.record("slack", "api", ["trace:b", "task:1"])
    assert update.journey == newer.journey != older.journey
    assert journal.entries(key="task:1") == [older]


def test_a_question_without_a_trace_is_another_one_all_the_same() -> None:
    journal = Journal()
    first = journal.record("pubsub", "publish", ["task:1", "message:C:1"])
    second = journal.record("pubsub", "publish", ["task:2", "message:C:1"])
    redelivered = journal.record("pubsub", "push", ["task:2", "message:C:1"])
    assert second.journey == redelivered.journey != first.journey


def test_listeners_hear_of_every_entry_with_its_journey() -> None:
    heard: list[Entry] = []
    journal = Journal()
    end = journal.subscribe(heard.append)
    recorded = journal.record("slack", "envelope", ["message:C:1"])
    end()
    journal.record("slack", "ack", ["message:C:1"])
    assert heard == [recorded]

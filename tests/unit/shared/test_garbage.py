"""When garbage is collected, tried in a process of its own: the limits are the whole process's."""

import subprocess
import sys

# A cycle that is in use while 200,000 objects are made is old when it is left. Afterwards as many
# are made again, and it is looked for.
TRIAL = """
import gc, sys, weakref
from shared import gc_tuning

class Answer:
    pass

def make(objects):
    for _ in range(objects // 20_000):
        batch = [[] for _ in range(20_000)]

gc_tuning.pause()
unused = Answer()
unused.itself = unused
forgotten = weakref.ref(unused)
del unused
make(20_000)
print("paused", forgotten() is None)
gc.collect()
gc_tuning.resume()

answer = Answer()
answer.itself = answer
left = weakref.ref(answer)
make(200_000)
del answer
make(200_000)
print("resumed", left() is None)
"""


def test_nothing_is_collected_in_a_pause_and_what_an_answer_left_soon_after() -> None:
    said = subprocess.run(
        [sys.executable, "-c", TRIAL], check=True, capture_output=True, text=True
    ).stdout
    assert said.splitlines() == ["paused False", "resumed True"]

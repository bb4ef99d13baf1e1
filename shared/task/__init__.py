"""The task on the wire between the two services: version 1, JSON in the data of a Pub/Sub message.

``model`` is the task, made of ``kinds``, ``material`` and ``side``; ``identity`` makes its ids. All
of it is imported from here. Golden files in ``tests/unit/shared/wire`` pin it.
"""

from shared.task.identity import *
from shared.task.kinds import *
from shared.task.material import *
from shared.task.model import *
from shared.task.side import *

"""Wall and CPU seconds of a fork of this warm process and its end, the least a step can cost."""

from __future__ import annotations

import json
import os
import resource
import sys
import time

from flowc import driver  # noqa: F401 - what makes the parent as large as a run's

COUNT = int(sys.argv[1])


def cpu() -> float:
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


started = time.perf_counter(), cpu()
for _ in range(COUNT):
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
ended = time.perf_counter(), cpu()
print(json.dumps([(ended[0] - started[0]) / COUNT, (ended[1] - started[1]) / COUNT]))

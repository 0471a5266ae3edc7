"""CPU seconds of tracing the chain, warmed up: ``STEPS ...`` prints a JSON list."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from flowc import driver

chain = driver.load_pipeline(str(Path(__file__).with_name("chain.py")))
driver.trace(chain, {"steps": "10"})


def seconds(steps: str) -> float:
    started = time.process_time()
    driver.trace(chain, {"steps": steps})
    return time.process_time() - started


print(json.dumps([min(seconds(steps) for _ in range(3)) for steps in sys.argv[1:]]))

"""How long Airflow's own DagBag takes for each of two DAG files: `ROUNDS FILE FILE`.

Prints the median CPU seconds of each as JSON. They take turns in one process, so that the machine
treats both alike; a round before the first one imports what a processor has imported already, and
leaves the files compiled. What an earlier round left is none of the collector's business.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from statistics import median

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # Airflow 2
    from airflow.models.dagbag import DagBag


def parse(file: Path) -> float:
    gc.collect()
    gc.freeze()
    started = time.process_time()
    bag = DagBag(dag_folder=file)
    spent = time.process_time() - started
    if bag.import_errors or len(bag.dags) != 1:
        sys.exit(f"{file}: {bag.import_errors or bag.dags}")
    return spent


rounds, *files = sys.argv[1:]
spent: dict[str, list[float]] = {file: [] for file in files}
for number in range(int(rounds) + 1):
    for file in files:
        seconds = parse(Path(file))
        if number:
            spent[file].append(seconds)
print(json.dumps([median(times) for times in spent.values()]))

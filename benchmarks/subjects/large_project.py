"""A project of 20,000 lines whose pipeline has 200 steps, and what its code digests cost.

``write FOLDER`` writes it; ``digest FOLDER`` prints the CPU seconds of finding the project's
modules and digesting the code of every step.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

MODULES, LINES, STEPS = 40, 500, 200

HEAD = """\
import math
from dataclasses import dataclass
{above}
RATE = {number}.5


@dataclass
class Model:
    bias: int = 1

    def predict(self, x: float) -> float:
        return x * RATE + self.bias
"""
FUNCTION = '''

def work_{name}(x: float) -> float:
    """Return number {name}."""
    total = {above}
    for index in range(3):
        if index % 2:
            total += math.sin(x) * RATE
        else:
            total -= index * {name}
    return total + Model().predict(x)
'''
STEP = """

@step
def step_{number}(x: float) -> float:
    return module_{module}.work_{function}(x)
"""


def write(folder: Path) -> None:
    """Each module's first function calls that of the module above it."""
    (folder / "lib").mkdir(parents=True)
    for name in ("pyproject.toml", "lib/__init__.py"):
        (folder / name).touch()
    for number in range(MODULES):
        (folder / f"lib/module_{number}.py").write_text(module(number))
    steps = [
        STEP.format(number=number, module=number % MODULES, function=number // MODULES)
        for number in range(STEPS)
    ]
    imports = ["from flowc import pipeline, step"]
    imports += [f"from lib import module_{number}" for number in range(MODULES)]
    calls = [f"    step_{number}({number}.0)" for number in range(STEPS)]
    body = ["\n\n@pipeline\ndef large():", *calls]
    (folder / "pipeline.py").write_text("\n".join(imports) + "".join(steps) + "\n".join(body))


def module(number: int) -> str:
    above = f"from lib.module_{number - 1} import work_0 as above\n" if number else ""
    text = HEAD.format(above=above, number=number)
    length = FUNCTION.count("\n")
    for name in range((LINES - text.count("\n")) // length):
        text += FUNCTION.format(name=name, above="above(x)" if number and not name else "0.0")
    return text


def digest(folder: Path) -> float:
    from flowc.driver import load_pipeline
    from flowc.passes.code import digest_code
    from flowc.trace import trace_pipeline
    from flowc.trace.modules import reach

    source = str(folder / "pipeline.py")
    traced = trace_pipeline(load_pipeline(source))
    started = time.process_time()
    digest_code(traced, reach({"pipeline": source}))
    return time.process_time() - started


if __name__ == "__main__":
    command, place = sys.argv[1], Path(sys.argv[2])
    print(json.dumps(write(place) if command == "write" else digest(place)))

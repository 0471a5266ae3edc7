"""The least that a step's process can do: read one JSON file and write another."""
# ruff: noqa: I002 - an import more would not be the floor

import json
import sys

with open(sys.argv[1]) as source:  # noqa: PTH123
    value = json.load(source)
with open(sys.argv[2], "w") as target:  # noqa: PTH123
    json.dump(value + 1, target)

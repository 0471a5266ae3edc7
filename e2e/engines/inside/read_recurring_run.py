"""Read a recurring run as KFP's client does, and print what it would send; in kfp's environment.

read_recurring_run.py RECURRING_RUN.json
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# kfp warns of its own deprecations while it is imported.
warnings.simplefilter("ignore")

import kfp_server_api  # noqa: E402

if __name__ == "__main__":
    client = kfp_server_api.ApiClient()
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    read: Any = client.deserialize(SimpleNamespace(data=text), "V2beta1RecurringRun")
    print(json.dumps(client.sanitize_for_serialization(read)))

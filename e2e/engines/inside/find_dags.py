"""The files in which an Airflow would look for DAGs; inside the environment of Airflow.

find_dags.py FOLDER      prints a list of paths relative to it
"""

from __future__ import annotations

import json
import os
import sys

from airflow.utils.file import list_py_file_paths

if __name__ == "__main__":
    found = list_py_file_paths(sys.argv[1], safe_mode=False)
    names = sorted(os.path.relpath(file, sys.argv[1]) for file in found)
    sys.stdout.write(json.dumps(names) + "\n")

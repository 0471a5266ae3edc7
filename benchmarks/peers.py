"""Environments of the tools that flowc is compared with, outside the checkout.

They are kept in the same folder as the environments that `requirements/environment.sh` makes. A
peer that cannot be installed is left out of the table, with the reason on standard error.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = {"kedro": ("kedro==1.7.0", "kedro-airflow==0.11.0")}
LOCKED = {"airflow": "airflow3", "kfp": "kubeflow"}


def find_peer(name: str) -> Path | None:
    """The python of a peer's environment, made when it is missing."""
    print(f"peer {name} ...", file=sys.stderr)
    try:
        return _locked(LOCKED[name]) if name in LOCKED else _pinned(name, PINS[name])
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or str(error)
        print(f"peer {name} is left out: {reason.strip()[-500:]}", file=sys.stderr)
        return None


def _locked(lock: str) -> Path:
    script = ROOT / "requirements" / "environment.sh"
    return Path(_run(["bash", str(script), "engine", lock]).strip())


def _pinned(name: str, pins: tuple[str, ...]) -> Path:
    digest = hashlib.sha256("\n".join((sys.version, *pins)).encode()).hexdigest()[:16]
    home = _cache() / "peers" / f"{name}-{digest}"
    python = home / "bin" / "python"
    if not python.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=home.parent, prefix="new."))
        try:
            _run([sys.executable, "-m", "venv", str(fresh)])
            _run([str(fresh / "bin" / "python"), "-m", "pip", "install", "--quiet", *pins])
            fresh.rename(home)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return python


def _cache() -> Path:
    shared = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("FLOWC_DEV_CACHE") or Path(shared) / "flowc-dev")


def _run(argv: list[str]) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout

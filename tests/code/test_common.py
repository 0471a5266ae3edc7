"""What many projects do on import stays cached, and counts alike wherever the project lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.code.test_reach import code, project

if TYPE_CHECKING:
    from pathlib import Path

TIMED = """
import functools, threading, time

def timed(f):
    {kept}
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        started = time.perf_counter()
        try:
            return f(*args, **kwargs)
        finally:
            print(time.perf_counter() - started)
            {used}
    return wrapper
"""
FACTORY = """
import functools, logging, time

def timed(logger):
    def decorate(f):
        @functools.wraps(f)
        def wrapper(*args, **kwargs):
            started = time.perf_counter()
            found = f(*args, **kwargs)
            logger.info("%s", time.perf_counter() - started)
            return found
        return wrapper
    return decorate
"""
REGISTRY = """
KNOWN = {}

def register(name, f):
    KNOWN[name] = f
"""
LOADING = """
import os
from registry import register

def load(path): return open(path).read()

register("text", load)
register("mode", os.environ.get("NOWHERE", "fast"))
"""
ROOT = """
import os, sys

ROOT = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, ROOT)
sys.path.remove(ROOT)
"""
LOGGING = """
import logging, os

logger = logging.getLogger(__name__)
logger.setLevel(os.environ.get("NOWHERE", "INFO"))
"""
COMMON = {
    "a decorator that times": (TIMED.format(kept="", used=""), "@timed\n"),
    "a decorator that times and counts": (
        TIMED.format(kept="calls = {'n': 0}", used="calls['n'] += 1"),
        "@timed\n",
    ),
    "a decorator that times under a lock": (
        TIMED.format(kept="lock = threading.RLock()", used="lock.acquire()"),
        "@timed\n",
    ),
    "a decorator that times and logs": (
        FACTORY,
        "import logging\n@timed(logging.getLogger('timing'))\n",
    ),
    "a folder to import from": (ROOT, ""),
    "settings of logging": (LOGGING, ""),
    "a seed": ("import random\nSEED = 3\nrandom.seed(SEED)\n", ""),
    "a table of functions that read": ("import loading", ""),
}


@pytest.mark.parametrize(("source", "decorator"), COMMON.values(), ids=COMMON)
def test_it_stays_cached(source: str, decorator: str, tmp_path: Path) -> None:
    main = f"{source}\n{decorator}def helper(): return 1\n\n@step\ndef a() -> int:\n"
    files = project(f"{main}    return helper()", registry=REGISTRY, loading=LOADING)
    found = code(tmp_path / "here", files)
    assert found.uncacheable == ""
    assert code(tmp_path / "elsewhere", files).digest == found.digest

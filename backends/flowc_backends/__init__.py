"""The built-in backends, each found through the entry point group ``flowc.backends``."""

from __future__ import annotations

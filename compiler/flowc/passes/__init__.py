"""Checks and lowerings: each takes valid IR and returns valid IR."""

from __future__ import annotations

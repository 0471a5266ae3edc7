"""Configuration that authors import."""

from __future__ import annotations

"""The target `local`: every step in a process of its own on this machine, without any service."""

from __future__ import annotations

from flowc_backends.local.target import LocalBackend

__all__ = ["LocalBackend"]

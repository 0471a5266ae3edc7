"""What runs inside a step's container: standard library only, never imports the compiler."""

from __future__ import annotations

"""Secrets that are there in every run of every case, and must be nowhere afterwards.

The cases of `cases/secrets` use them; all others only run beside them. Their values stand in no
file that a run could read.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from flowc_runtime.contract import secret_variable

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: Final[Mapping[tuple[str, str], str]] = {
    ("conformance", "token"): 'pl/an+ted "t o\'ken" \\ {{ ü }} =?',
    ("conformance", "key"): "--- BEGIN ---\nMIIBVQIBADANBgkq\nhkiG9w0BAQEFAASC\n--- END ---\n",
    ("Conformance_Plain", ""): "planted-and-plain",
}
"""Values by name and key."""

VALUES: Final = tuple(SECRETS.values())


def environment() -> dict[str, str]:
    """The secrets as an environment has them."""
    return {secret_variable(*where): value for where, value in SECRETS.items()}


def digest(name: str, key: str = "") -> str:
    """How a step proves that it had the value."""
    return hashlib.sha256(SECRETS[name, key].encode()).hexdigest()

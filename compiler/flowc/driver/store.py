"""Where runs are kept when nobody says otherwise."""

from __future__ import annotations

import os
from urllib.parse import quote

from flowc.driver.stacks import stacks_here


def default_store(stack_store: str = "") -> str:
    """``FLOWC_STORE``, else the active stack's, else ``.flowc/`` in the project around here.

    ``stack_store`` is that of a stack which is known already.
    """
    configured = os.environ.get("FLOWC_STORE", "") or stack_store
    if configured:
        return configured
    stacks = stacks_here()
    named = stacks.choose().store if stacks.file else ""
    return named or f"file:{quote(str(stacks.root / '.flowc'))}"

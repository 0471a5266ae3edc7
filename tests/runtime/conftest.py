from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.runtime.bundles import Bundle, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from flowc_runtime.contract import StepSpec


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[..., Bundle]:
    """Makes a bundle of an author's module and steps."""

    def make(author: str, *steps: StepSpec, **more: Any) -> Bundle:
        return Bundle(tmp_path, author, pipeline(*steps, **more))

    return make

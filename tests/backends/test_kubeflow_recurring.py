from __future__ import annotations

import pytest

from flowc_backends.kubeflow.recurring import six_fields


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 3 * * 1-5", "0 0 3 * * 1-5"),
        ("*/5 * * * *", "0 */5 * * * *"),
        ("0 3 * * 7", "0 0 3 * * 0"),
        ("0 3 * * 5-7", "0 0 3 * * 5,6,0"),
        ("0 3 * * 1-7/2", "0 0 3 * * 1,3,5,0"),
        ("0 3 * * 0,7", "0 0 3 * * 0"),
        ("0 3 * * mon-7", "0 0 3 * * 1,2,3,4,5,6,0"),
        ("0 3 * jan mon", "0 0 3 * jan mon"),
    ],
)
def test_sunday_is_zero_and_seconds_come_first(cron: str, expected: str) -> None:
    assert six_fields(cron) == expected

"""Who knows a secret, and what is said of it."""

from __future__ import annotations

from tests.conformance.expectation import Case, Run, Step, done
from tests.conformance.planted import digest

USED = {
    "token": digest("conformance", "token"),
    "key": digest("conformance", "key"),
    "number": "3",
    "plain": digest("Conformance_Plain"),
    "variable": digest("conformance", "token"),
}
METADATA = {"token": "***", "header": "Bearer ***"}

ANSWERS = {
    "secret_given": Case(
        title="Secrets as inputs and variables, masked in logs, hooks and metadata, then cached",
        shows=("secrets",),
        cover=True,
        runs=(
            Run(
                steps={
                    "use": done(
                        USED,
                        says=("*** *** *** ***", "'***' ***", "in two writes: ***"),
                        hooks=("on_success 5 ***",),
                        metadata=METADATA,
                    )
                },
            ),
            Run(
                steps={"use": Step(status="cached", attempts=0, output=USED, metadata=METADATA)},
            ),
        ),
    ),
    "secret_failing": Case(
        title="Secrets in exceptions are masked in records and for hooks",
        runs=(
            Run(
                status="failed",
                steps={
                    "refuse": Step(
                        status="failed",
                        attempts=2,
                        waits=(0.0,),
                        error="exception",
                        message="*** is refused",
                        hooks=("on_failure PermissionError *** is refused ***",),
                    ),
                    "below": Step(status="skipped", attempts=0),
                },
            ),
        ),
    ),
    "secret_missing": Case(
        title="A missing secret fails its step, with its hooks and without a retry",
        runs=(
            Run(
                status="failed",
                steps={
                    "use": Step(
                        status="failed",
                        error="request",
                        message="input 'token': the secret 'conformance' (key 'nothing')",
                        hooks=("on_failure use True",),
                    ),
                    "environed": Step(
                        status="failed",
                        error="request",
                        message="variable TOKEN: the secret 'conformance-nowhere' is not here",
                    ),
                    "beside": done(2),
                },
            ),
        ),
    ),
}

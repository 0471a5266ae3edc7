"""Secrets as inputs, by default, in collections and in the environment; all that is said of them
is masked, and their names alone count for the cache.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from base64 import b64encode
from typing import Any

from flowc import Secret, log_metadata, pipeline, step

TOKEN = Secret("conformance", key="token")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def succeeded(step_output, context) -> None:
    print("HOOK on_success", len(step_output), context.inputs["token"])


@step(settings={"docker": {"environment": {"TOKEN": TOKEN}}}, on_success=succeeded)
def use(
    token: str, several: dict[str, Any], plain: str = Secret("Conformance_Plain")
) -> dict[str, str]:
    print("SAY", token, plain, os.environ["TOKEN"], token.encode().hex())
    print("SAY", repr(token), several["list"][0])
    sys.stdout.write(f"SAY in two writes: {token[:7]}")
    sys.stdout.flush()
    time.sleep(0.1)
    os.write(2, f"{token[7:]}\n".encode())
    print(b64encode(f"user:{token}".encode()).decode())
    log_metadata({"token": token, "header": f"Bearer {plain}"})
    return {
        "token": digest(token),
        "key": digest(several["list"][0]),
        "number": str(several["number"]),
        "plain": digest(plain),
        "variable": digest(os.environ["TOKEN"]),
    }


@pipeline
def secret_given(token: str = TOKEN, number: int = 3) -> None:
    use(token, {"list": [Secret("conformance", key="key"), "x"], "number": number})

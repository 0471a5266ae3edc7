"""Values of secrets, looked up in the process that needs one, and kept nowhere.

A secret ``db`` with the key ``password`` is looked for in this order::

    FLOWC_SECRET_DB_PASSWORD                    the environment
    /var/run/secrets/flowc/db/password          a file, as Kubernetes mounts a secret; the folder
                                                is FLOWC_SECRETS_DIR where that is set

Without a key that is FLOWC_SECRET_DB, and the file ``db/value``. A file is UTF-8, and one line
break at its end does not count.
"""

from __future__ import annotations

import os

from flowc_runtime import contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc_runtime.contract import SecretSpec


looked_up: set[str] = set()
"""Values that this process was given: nothing that it sends for its author may hold them."""


class MissingSecret(Exception):  # noqa: N818 - said as it is
    """There is no such secret here; the text says where it was looked for."""


def read(spec: SecretSpec) -> str:
    """The secret's value.

    Raises MissingSecret.
    """
    value = find(spec)
    if value is not None:
        looked_up.add(value)
        return value
    key = f" (key '{spec['key']}')" if spec["key"] else ""
    variable = contract.secret_variable(spec["secret"], spec["key"])
    raise MissingSecret(
        f"the secret '{spec['secret']}'{key} is not here: there is neither the environment "
        f"variable {variable} nor a readable file {_file(spec)}"
    )


def find(spec: SecretSpec) -> str | None:
    """The secret's value, None where there is none."""
    variable = contract.secret_variable(spec["secret"], spec["key"])
    if variable in os.environ:
        return os.environ[variable]
    try:
        with open(_file(spec), encoding="utf-8", newline="") as file:
            text = file.read()
    except (OSError, ValueError):
        return None
    return text.removesuffix("\n").removesuffix("\r")


def variables(specs: Iterable[SecretSpec]) -> dict[str, str]:
    """What is here of these, as the environment in which another process would find it."""
    found = {contract.secret_variable(one["secret"], one["key"]): find(one) for one in specs}
    return {name: value for name, value in found.items() if value is not None}


def _file(spec: SecretSpec) -> str:
    folder = os.environ.get("FLOWC_SECRETS_DIR") or contract.SECRETS_DIR
    return os.path.join(folder, spec["secret"], spec["key"] or contract.WHOLE_SECRET)

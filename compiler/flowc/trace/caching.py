"""A step's cache policy as IR: files are digested, names are held against the step's inputs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flowc import ir
from flowc.errors import AuthorError, did_you_mean
from flowc.trace import project
from flowc.trace.identity import check_identity
from flowc_runtime.stores import digest_file

if TYPE_CHECKING:
    from flowc.authoring.caching import CachePolicy, KeyFunction
    from flowc.authoring.hooks import HookReference


class Policies:
    """Reads cache policies; what several steps share is looked at once.

    A name that a policy leaves out must be an input of one of its steps at least: a pipeline's
    policy, or one that several steps share, need not fit all of them.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[int, tuple[tuple[str, str], ...]] = {}
        self._seen: dict[int, tuple[CachePolicy, set[str]]] = {}

    def read(self, policy: CachePolicy | None, step: ir.Step) -> ir.CachePolicy:
        """Raises AuthorError for files that are missing, and names that do not fit."""
        if policy is None:
            return ir.CachePolicy()
        if id(policy) not in self._files:
            self._files[id(policy)] = digest_files(policy)
        names = [item.name for item in step.inputs]
        ignored = tuple(name for name in policy.ignore_inputs if name in names)
        seen = self._seen.setdefault(id(policy), (policy, set()))[1]
        seen.update(names)
        return ir.CachePolicy(
            ignore_inputs=ignored,
            files=self._files[id(policy)],
            objects=tuple(_object(item, policy.where) for item in policy.objects),
            key=None if policy.key is None else self._key(policy.key, step, names),
            expires=policy.expires,
            versions=policy.versions,
        )

    def check(self) -> None:
        """Raises AuthorError for a name that is an input of no step with its policy."""
        for policy, names in self._seen.values():
            for name in policy.ignore_inputs:
                if name not in names:
                    raise AuthorError(
                        f"CachePolicy: ignore_inputs names '{name}', which is no input of a step "
                        "with this policy",
                        where=policy.where,
                        hint=did_you_mean(name, sorted(names)),
                    )

    def _key(self, key: KeyFunction, step: ir.Step, names: list[str]) -> ir.KeyFunction:
        reference = key.reference
        for name in key.needed:
            if name not in names:
                raise AuthorError(
                    f"step '{step.id}': the key function '{reference.qualname}' takes '{name}', "
                    "which is no input of the step",
                    where=reference.where,
                    hint=did_you_mean(name, names),
                )
        check_identity(
            reference.given, what=f"step '{step.id}': the key function", where=reference.where
        )
        known = {*key.needed, *key.optional}
        file, _, line = reference.where.rpartition(":")
        return ir.KeyFunction(
            function=ir.Function(
                module=project.real_module(reference.module, file), qualname=reference.qualname
            ),
            where=str(project.location(file, int(line), self._root)),
            takes=tuple(name for name in names if key.everything or name in known),
        )


def digest_files(policy: CachePolicy) -> tuple[tuple[str, str], ...]:
    """Names, relative to the folder of the policy's file, and digests; sorted.

    Raises AuthorError for a pattern that matches nothing.
    """
    folder = Path(policy.where.rpartition(":")[0]).parent
    found: dict[str, str] = {}
    for pattern in policy.files:
        if Path(pattern).is_absolute():
            raise AuthorError(
                f"CachePolicy: files names '{pattern}', which is absolute",
                where=policy.where,
                hint="name it relative to this file: keys are the same on every machine",
            )
        matches = [path for path in folder.glob(pattern) if path.is_file()]
        if not matches:
            raise AuthorError(
                f"CachePolicy: files names '{pattern}', which matches nothing in {folder}",
                where=policy.where,
            )
        for path in matches:
            if "__pycache__" not in path.parts:
                name = os.path.relpath(path, folder).replace(os.sep, "/")
                found[name] = digest_file(str(path))[0]
    return tuple(sorted(found.items()))


def _object(item: HookReference, where: str) -> ir.Function:
    """Raises AuthorError for what no code of the author's defines."""
    file = getattr(sys.modules.get(item.module), "__file__", None)
    if not file or not project.is_first_party(file):
        raise AuthorError(
            f"CachePolicy: objects names '{item.module}.{item.qualname}', which is not your code",
            where=where,
            hint="of installed libraries the version counts: see versions=",
        )
    check_identity(item.given, what="CachePolicy: objects", where=where)
    return ir.Function(module=project.real_module(item.module, file), qualname=item.qualname)

"""Which run somebody means: by id, by name, by the beginning of either, or `latest`."""

from __future__ import annotations

from flowc.client.records import read_run_record
from flowc.errors import AuthorError, BackendError
from flowc_runtime.contract import LISTED, UNLISTED, path_segment
from flowc_runtime.stores import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc_runtime.contract import RunRecord
    from flowc_runtime.stores import Store

LATEST = "latest"

SHOWN = 8
"""How many candidates an error names."""


def list_run_ids(
    store: Store, pipeline: str | None = None, *, unlisted: bool = False
) -> list[str]:
    """The ids of all runs, newest first; with ``unlisted`` also of steps called on their own."""
    below = f"{path_segment(pipeline)}/" if pipeline else ""
    folders = (LISTED, UNLISTED) if unlisted else (LISTED,)
    names = [key.rpartition("/")[2] for top in folders for key in store.list(top + below)]
    return [_unquote(name.partition("-")[2]) for name in sorted(names, reverse=True)]


def list_pipelines(store: Store, *, unlisted: bool = False) -> list[str]:
    folders = (LISTED, UNLISTED) if unlisted else (LISTED,)
    return sorted({_unquote(key.split("/")[2]) for top in folders for key in store.list(top)})


def find_run(store: Store, wanted: str) -> RunRecord:
    """The record of the run that ``wanted`` stands for.

    Raises AuthorError when there is none, or more than one.
    """
    exact = read_run_record(store, wanted) if wanted else None
    if exact is not None:
        return exact
    ids = list_run_ids(store)
    if wanted != LATEST:
        ids += [id_ for id_ in list_run_ids(store, unlisted=True) if id_ not in set(ids)]
    if not ids:
        raise AuthorError(
            f"no run '{wanted}': the store {store.uri} has no runs yet",
            hint="start one with `flowc run SOURCE`, or name another store with --store",
        )
    names = _Names(store, ids)
    for found in _matches(wanted, ids, names):
        if len(found) == 1:
            return names.record(found[0])
        if found:
            raise _ambiguous(wanted, found)
    raise _unknown(wanted, ids, names)


def _matches(wanted: str, ids: list[str], names: _Names) -> Iterator[list[str]]:
    """Ids that fit, the surest way of fitting first."""
    if wanted == LATEST:
        yield ids[:1]
    yield [id_ for id_ in ids if names.of(id_) == wanted]
    yield [
        id_ for id_ in ids if id_.startswith(wanted) or id_.rpartition("-")[2].startswith(wanted)
    ]
    yield [id_ for id_ in ids if names.of(id_).startswith(wanted)]


class _Names:
    """Reads each run's record at most once; a run whose record is damaged has no name."""

    def __init__(self, store: Store, ids: list[str]) -> None:
        self._store = store
        self._records: dict[str, RunRecord] = {}
        self.ids = ids

    def record(self, id_: str) -> RunRecord:
        if id_ not in self._records:
            self._records[id_] = self._read(id_) or {"run": id_, "name": ""}
        return self._records[id_]

    def _read(self, id_: str) -> RunRecord | None:
        try:
            return read_run_record(self._store, id_)
        except (BackendError, StoreError):
            return None

    def of(self, id_: str) -> str:
        return self.record(id_).get("name", "")


def _ambiguous(wanted: str, found: list[str]) -> AuthorError:
    shown = ", ".join(found[:SHOWN]) + (" and more" if len(found) > SHOWN else "")
    return AuthorError(f"'{wanted}' stands for {len(found)} runs: {shown}", hint="give a run's id")


def _unknown(wanted: str, ids: list[str], names: _Names) -> AuthorError:
    import difflib

    known = ids + [names.of(id_) for id_ in ids]
    near = difflib.get_close_matches(wanted, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"newest: {', '.join(ids[:SHOWN])}"
    return AuthorError(f"unknown run '{wanted}'", hint=f"{hint} (`flowc runs list` shows all)")


def _unquote(segment: str) -> str:
    if "%" not in segment:
        return segment
    from urllib.parse import unquote

    return unquote(segment)

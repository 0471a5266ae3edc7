"""Kubeflow Pipelines through its own client, kfp, which is imported when it is wanted.

The client prints and warns where it pleases; here it is silent, and its errors become ours.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import warnings
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc.errors import AuthorError, BackendError, EngineUnavailable, missing_extra
from flowc.narrowing import is_dict
from flowc_backends.rest import Api

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

URL, TOKEN = "FLOWC_KUBEFLOW_URL", "FLOWC_KUBEFLOW_TOKEN"
NAMESPACE = "FLOWC_KUBEFLOW_NAMESPACE"

_PAGE = 100
_MESSAGES = ("error_message", "error", "message", "error_details")
_LOGIN = f"set {TOKEN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """A recurring run: which version it starts, and what it says of itself."""

    id: str
    name: str
    version: str
    description: str


class KubeflowApi:
    """The server at ``url``; an empty ``namespace`` is for one that has a single user."""

    def __init__(self, client: Any, url: str, namespace: str) -> None:
        import kfp_server_api  # type: ignore[import-not-found,unused-ignore]
        import urllib3  # which kfp's generated client is made of

        self.url, self.namespace = url, namespace
        self._client = client
        self._refusal: type[Exception] = getattr(kfp_server_api, "ApiException")  # noqa: B009
        self._no_answer: tuple[type[Exception], ...] = (urllib3.exceptions.HTTPError, OSError)

    def pipeline(self, name: str) -> Any:
        """The pipeline that is called so, or None."""
        query = {"predicates": [_equals("display_name", name)]}
        with self._quiet():
            found = self._client.list_pipelines(
                filter=json.dumps(query), page_size=_PAGE, namespace=self.namespace or None
            )
        return next(iter(found.pipelines or ()), None)

    def create_pipeline(self, name: str, description: str) -> Any:
        with self._quiet():
            models = self._client.api_models
            body = models.V2beta1Pipeline(
                display_name=name,
                name=name,
                description=description,
                namespace=self.namespace or None,
            )
            return self._client.pipelines.pipeline_service_create_pipeline(pipeline=body)

    def delete_pipeline(self, pipeline: str) -> None:
        with self._quiet():
            self._client.delete_pipeline(pipeline)

    def versions(self, pipeline: str) -> list[Any]:
        """The versions of a pipeline, the newest first."""
        versions: list[Any] = []
        token = ""
        while True:
            with self._quiet():
                page = self._client.list_pipeline_versions(
                    pipeline, page_token=token, page_size=_PAGE, sort_by="created_at desc"
                )
            versions.extend(page.pipeline_versions or ())
            token = page.next_page_token or ""
            if not token:
                return versions

    def upload_version(self, pipeline: str, name: str, package: bytes, description: str) -> str:
        """The id of a new version."""
        with tempfile.TemporaryDirectory(prefix="flowc-") as folder:
            path = Path(folder, "pipeline.yaml")
            path.write_bytes(package)
            with self._quiet():
                made = self._client.upload_pipeline_version(
                    str(path), name, pipeline_id=pipeline, description=description
                )
        return str(made.pipeline_version_id)

    def delete_version(self, pipeline: str, version: str) -> None:
        with self._quiet():
            self._client.delete_pipeline_version(pipeline, version)

    def experiment(self, name: str) -> str:
        """The id of the experiment of this name, which is made when there is none."""
        with self._quiet():
            found = self._client.create_experiment(name, namespace=self.namespace or None)
        return str(found.experiment_id)

    def recurring_runs(self, pipeline: str) -> list[Recurring]:
        """Those that start a version of this pipeline."""
        found: list[Recurring] = []
        token = ""
        while True:
            with self._quiet():
                page = self._client.list_recurring_runs(
                    page_token=token, page_size=_PAGE, namespace=self.namespace or None
                )
            for one in page.recurring_runs or ():
                reference = one.pipeline_version_reference
                if reference and reference.pipeline_id == pipeline:
                    found.append(
                        Recurring(
                            id=one.recurring_run_id,
                            name=one.display_name,
                            version=reference.pipeline_version_id,
                            description=one.description or "",
                        )
                    )
            token = page.next_page_token or ""
            if not token:
                return found

    def create_recurring(
        self, wanted: Mapping[str, Any], experiment: str, pipeline: str, version: str, about: str
    ) -> None:
        """``wanted`` has the form of the API, without what is given here."""
        trigger = wanted["trigger"]
        cron = trigger.get("cron_schedule", {})
        times: dict[str, Any] = cron or trigger["periodic_schedule"]
        every = times.get("interval_second")
        with self._quiet():
            self._client.create_recurring_run(
                experiment,
                wanted["display_name"],
                description=about,
                start_time=times.get("start_time"),
                end_time=times.get("end_time"),
                interval_second=None if every is None else int(every),
                cron_expression=cron.get("cron"),
                max_concurrency=int(wanted["max_concurrency"]),
                no_catchup=wanted["no_catchup"],
                pipeline_id=pipeline,
                version_id=version,
                enabled=wanted["mode"] == "ENABLE",
            )

    def delete_recurring(self, recurring: str) -> None:
        with self._quiet():
            self._client.delete_recurring_run(recurring)

    def start(
        self,
        name: str,
        experiment: str,
        pipeline: str,
        version: str,
        parameters: Mapping[str, object],
    ) -> str:
        """The id of a new run."""
        with self._quiet():
            run = self._client.run_pipeline(
                experiment,
                name,
                pipeline_id=pipeline,
                version_id=version,
                params=dict(parameters),
            )
        return str(run.run_id)

    def run(self, run: str) -> Any:
        with self._quiet():
            return self._client.get_run(run)

    @contextmanager
    def _quiet(self) -> Generator[None, None, None]:
        """A call of kfp's: nothing printed, and its errors become ours."""
        try:
            with _silence():
                yield
        except self._refusal as error:
            raise self._refused(error) from None
        except self._no_answer as error:
            raise EngineUnavailable(
                f"Kubeflow Pipelines at {self.url} does not answer: {type(error).__name__}"
            ) from None

    def _refused(self, error: Any) -> BackendError:
        said = _message(error.body) or str(error.reason)
        if error.status in {401, 403}:
            return BackendError(
                f"Kubeflow Pipelines at {self.url} refuses the credentials ({error.status}): "
                f"{said}",
                hint=_LOGIN,
            )
        return BackendError(f"Kubeflow Pipelines at {self.url} refused ({error.status}): {said}")


def connect(url: str, namespace: str) -> KubeflowApi:
    """The server at ``url`` or FLOWC_KUBEFLOW_URL, which has answered.

    Raises BackendError when kfp is not installed, nobody answers, or access is refused.
    """
    url = url or os.environ.get(URL, "")
    if not url:
        raise AuthorError(
            "no Kubeflow Pipelines server is named", hint=f"--url http://HOST:PORT, or {URL}"
        )
    token = os.environ.get(TOKEN, "")
    # Asked first, and without the client: that one tries for a long time, and says little then.
    api = Api("Kubeflow Pipelines", url, login=_LOGIN)
    if token:
        api.authorize(f"Bearer {token}")
    api.call("GET", "/apis/v2beta1/healthz")
    with _silence():
        try:
            import kfp  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            raise missing_extra("kubeflow", "kfp") from None
        made: Any = kfp
        client = made.Client(host=api.url, existing_token=token or None)
    return KubeflowApi(client, api.url, namespace or os.environ.get(NAMESPACE, ""))


@contextmanager
def _silence() -> Generator[None, None, None]:
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _message(body: object) -> str:
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body or "")
    try:
        found: object = json.loads(text)
    except ValueError:
        return " ".join(text.split())
    if not is_dict(found):
        return text
    return str(next((found[key] for key in _MESSAGES if found.get(key)), text))


def _equals(key: str, value: str) -> dict[str, str]:
    return {"operation": "EQUALS", "key": key, "stringValue": value}

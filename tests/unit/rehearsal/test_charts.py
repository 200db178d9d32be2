"""Charts as repositories have them: what the archives hold, and that they never change by themselves."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowops.rehearsal.charts.names import ALIASES, PATH, repository_url
from flowops.rehearsal.charts.packaging import INDEX, repository
from flowops.rehearsal.charts.repositories import CHARTS, Credentials, Repositories

VERSIONS = {
    "autoscaler/cluster-autoscaler": "9.50.1",
    "eks/aws-load-balancer-controller": "1.13.4",
    "external-secrets/external-secrets": "0.19.2",
    "flowable/flowable": "3.11.3",
    "metrics-server/metrics-server": "3.13.0",
    "stakater/reloader": "2.2.5",
}
KNOWN = ("user", "pässword:with colon")


def ask(path: str, credentials: Credentials | None = KNOWN, given: str = "", method: str = "GET") -> Any:
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO()}
    if given:
        environ["HTTP_AUTHORIZATION"] = f"Basic {base64.b64encode(given.encode()).decode()}"
    return Repositories(lambda: credentials).answer(environ)


@pytest.mark.parametrize("alias", ALIASES)
def test_an_index_names_each_archive_with_its_version_and_digest(alias: str) -> None:
    files = repository(CHARTS / alias)
    for name, (entry,) in yaml.safe_load(files[INDEX])["entries"].items():
        assert entry["version"] == VERSIONS[f"{alias}/{name}"]
        (url,) = entry["urls"]
        assert entry["digest"] == hashlib.sha256(files[url]).hexdigest()


def test_there_is_a_stand_in_for_each_chart_and_it_says_what_it_is() -> None:
    found = {}
    for file in CHARTS.glob("*/*/Chart.yaml"):
        about = yaml.safe_load(file.read_text())
        found[f"{file.parts[-3]}/{about['name']}"] = about["version"]
        assert "Stand-in" in about["description"]
        assert about["annotations"] == {"flowops/stand-in": "true"}
    assert found == VERSIONS


def test_the_same_folder_makes_the_same_bytes_whatever_its_files_are_like(tmp_path: Path) -> None:
    made = []
    for name, mode in (("one", 0o644), ("two", 0o600)):
        folder = tmp_path / name / "web"
        folder.mkdir(parents=True)
        for file, text in (("values.yaml", "a: 1\n"), ("Chart.yaml", "name: web\nversion: 1.0.0\n")):
            (folder / file).write_text(text)
            (folder / file).chmod(mode)
        made.append(repository(tmp_path / name))
    assert made[0] == made[1]


def test_an_archive_has_everything_below_the_name_of_the_chart() -> None:
    archive = repository(CHARTS / "flowable")["flowable-3.11.3.tgz"]
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as tar:
        names = tar.getnames()
    assert {"flowable/Chart.yaml", "flowable/values.schema.json", "flowable/templates/_helpers.tpl"} <= set(names)


@pytest.mark.parametrize("file", sorted(CHARTS.glob("*/*/values.schema.json")), ids=lambda file: file.parent.name)
def test_the_schema_knows_every_value_that_has_a_default(file: Path) -> None:
    known = json.loads(file.read_text())["properties"]
    given = yaml.safe_load((file.parent / "values.yaml").read_text())
    assert given.keys() - known.keys() <= {"log", "image", "ingressClassConfig"}


@pytest.mark.parametrize("given", ["", "user:wrong", f"other:{KNOWN[1]}", ":", "user"])
def test_the_repository_of_flowable_lets_nobody_else_in(given: str) -> None:
    answer = ask(f"{PATH}/flowable/{INDEX}", given=given)
    assert answer.status_code == 401
    assert "Basic" in answer.headers["WWW-Authenticate"]
    assert ask(f"{PATH}/flowable/flowable-3.11.3.tgz", given=given).status_code == 401


def test_it_opens_to_the_user_and_the_password() -> None:
    answer = ask(f"{PATH}/flowable/{INDEX}", given=":".join(KNOWN))
    assert "flowable-3.11.3.tgz" in answer.get_data(as_text=True)


def test_without_a_password_in_secrets_manager_it_opens_to_nobody() -> None:
    for given in ("", ":", "user:", ":".join(KNOWN)):
        assert ask(f"{PATH}/flowable/{INDEX}", credentials=None, given=given).status_code == 401


def test_the_others_are_open_and_know_their_own_files_only() -> None:
    assert ask(f"{PATH}/eks/aws-load-balancer-controller-1.13.4.tgz").status_code == 200
    for path in (
        "eks/aws-load-balancer-controller-9.9.9.tgz",
        "eks/../flowable/index.yaml",
        "eks",
        "nobody/index.yaml",
    ):
        assert ask(f"{PATH}/{path}").status_code == 404
    assert ask(f"{PATH}/eks/{INDEX}", method="POST").status_code == 404


def test_what_is_no_request_for_a_chart_is_left_to_aws() -> None:
    assert ask("/") is None
    assert ask(f"{PATH}-of-mine/index.yaml") is None


def test_a_repository_is_found_below_the_url_of_the_emulator() -> None:
    assert repository_url("http://127.0.0.1:4000", "eks") == "http://127.0.0.1:4000/flowops/charts/eks/"


def test_what_the_stand_in_for_external_secrets_looks_after_always_has_a_spec() -> None:
    file = CHARTS / "external-secrets/external-secrets/templates/crds.yaml"
    kinds = [it for it in yaml.safe_load_all(re.sub(r"{{.*?}}", "", file.read_text())) if it]
    assert len(kinds) == 3
    for kind in kinds:
        (version,) = kind["spec"]["versions"]
        assert version["schema"]["openAPIV3Schema"]["required"] == ["spec"]

"""What Helm is led to for one run, with chart repositories that answer for real, on the loopback interface."""

from __future__ import annotations

import base64
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath

import pytest
import yaml

from flowops.adapters.chart_repositories import ChartFolders, ChartRepositories, forget_passwords
from flowops.adapters.web import Web
from flowops.errors import OperationFailed
from flowops.model.charts import FLOWABLE
from flowops.model.deployment import Unit
from flowops.model.secrets import RepositoryCredentials

PASSWORD = "sentinel-of-the-repository"
CREDENTIALS = RepositoryCredentials("robot", PASSWORD)
INDEX = b"apiVersion: v1\nentries:\n  one: []\n"
VPC, COMPONENTS, APP = (Unit("dev", "foundation", name, PurePosixPath(f"dev/{name}")) for name in ("vpc", "cc", "app"))


class Server:
    """Serves `pages`, Flowable's to `CREDENTIALS` alone; `asked` are the paths that somebody wanted."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[str] = []
        self.pages = {"/eks/index.yaml": INDEX, "/flowable/index.yaml": INDEX}
        self.elsewhere: dict[str, str] = {}
        self.credentials: list[str | None] = []

    def url(self, alias: str) -> str:
        return f"http://127.0.0.1:{self.port}/{alias}"


@contextmanager
def serving() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown = self.headers.get("Authorization")
            made.asked.append(self.path)
            made.credentials.append(shown)
            wanted = "Basic " + base64.b64encode(f"robot:{PASSWORD}".encode()).decode()
            if self.path in made.elsewhere:
                self.send_response(302)
                self.send_header("Location", made.elsewhere[self.path])
                self.end_headers()
            elif self.path.startswith("/flowable/") and shown != wanted:
                self.send_error(401)
            elif self.path not in made.pages:
                self.send_error(404)
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(made.pages[self.path])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Server(server.server_port)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield made
        finally:
            server.shutdown()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def folders(tmp_path: Path) -> ChartFolders:
    """Return a tree of three units: one without charts, one with a chart of its module, one that names Flowable's."""
    found = ChartFolders(tmp_path / "deployments", tmp_path / "modules")
    units = {
        VPC: 'source = "${include.root.locals.modules}//network"',
        COMPONENTS: 'source = "${include.root.locals.modules}//components"',
        APP: 'source = "git::https://example.com/modules.git//app"\nchart_name = "flowable/flowable"',
    }
    for unit, text in units.items():
        (found.deployments / unit.path).mkdir(parents=True)
        (found.deployments / unit.path / "terragrunt.hcl").write_text(text)
    for name, text in {"network": "", "components": 'chart = "eks/controller"'}.items():
        (found.modules / name).mkdir(parents=True)
        (found.modules / name / "main.tf").write_text(text)
    return found


def repositories(
    folders: ChartFolders, server: Server, credentials: RepositoryCredentials = CREDENTIALS
) -> ChartRepositories:
    places = {alias: server.url(alias) for alias in ("eks", FLOWABLE)}
    return ChartRepositories(folders, places, Web({}), lambda _: credentials)


def nobody(_environment: str) -> RepositoryCredentials:
    raise AssertionError("nobody needs the password")


def test_helm_is_led_to_the_repositories_of_the_units_and_to_nothing_of_the_users(
    folders: ChartFolders, server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "helm"
    variables = repositories(folders, server).prepare("dev", (VPC, COMPONENTS, APP), folder)
    config = Path(variables["HELM_REPOSITORY_CONFIG"])
    assert yaml.safe_load(config.read_text())["repositories"] == [
        {"name": "eks", "url": server.url("eks")},
        {"name": "flowable", "url": server.url("flowable"), "username": "robot", "password": PASSWORD},
    ]
    cache = Path(variables["HELM_REPOSITORY_CACHE"])
    assert {file.name: file.read_bytes() for file in cache.iterdir()} == {
        "eks-index.yaml": INDEX,
        "flowable-index.yaml": INDEX,
    }
    assert variables.pop("HELM_DEBUG") == "true"
    assert set(variables) == {
        "HELM_PLUGINS",
        "HELM_REGISTRY_CONFIG",
        "HELM_REPOSITORY_CACHE",
        "HELM_REPOSITORY_CONFIG",
    }
    assert all(Path(value).is_relative_to(folder) for value in variables.values())
    assert {stat.S_IMODE(it.stat().st_mode) for it in folder.rglob("*") if it.is_file()} == {0o600}


def test_what_was_written_can_be_kept_without_the_password(
    folders: ChartFolders, server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "helm"
    repositories(folders, server).prepare("dev", (COMPONENTS, APP), folder)
    for _ in range(2):
        forget_passwords(folder)
        kept = [it for it in folder.rglob("*") if it.is_file()]
        assert kept
        assert not [it for it in kept if PASSWORD.encode() in it.read_bytes()]


def test_what_needs_no_chart_asks_nobody_and_reads_no_password(
    folders: ChartFolders, server: Server, tmp_path: Path
) -> None:
    found = ChartRepositories(folders, {FLOWABLE: server.url(FLOWABLE)}, Web({}), nobody)
    config = Path(found.prepare("dev", (VPC,), tmp_path / "helm")["HELM_REPOSITORY_CONFIG"])
    assert yaml.safe_load(config.read_text())["repositories"] == []
    assert server.asked == []


def test_a_wrong_password_is_found_before_a_unit_starts(folders: ChartFolders, server: Server, tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match=r"does not let us in \(401\)") as caught:
        repositories(folders, server, RepositoryCredentials("robot", "wrong-sentinel")).prepare(
            "dev", (APP,), tmp_path / "helm"
        )
    assert caught.value.next_step == "flowops secrets set repository"
    assert "wrong-sentinel" not in str(caught.value)


@pytest.mark.parametrize(
    ("page", "what"),
    [(None, "answers with 404"), (b"<html>welcome</html>", "answers with what is no index of charts")],
    ids=["nothing", "a page for people"],
)
def test_a_repository_without_an_index_is_named(
    folders: ChartFolders, server: Server, tmp_path: Path, page: bytes | None, what: str
) -> None:
    del server.pages["/eks/index.yaml"]
    if page is not None:
        server.pages["/eks/index.yaml"] = page
    with pytest.raises(OperationFailed, match=what) as caught:
        repositories(folders, server).prepare("dev", (COMPONENTS,), tmp_path / "helm")
    assert "helm.repositories.eks" in caught.value.next_step


def test_a_repository_that_is_not_there_is_named(folders: ChartFolders, tmp_path: Path) -> None:
    with serving() as gone:
        pass
    with pytest.raises(OperationFailed, match=r"repository eks at http://127.0.0.1:\d+/eks does not answer"):
        repositories(folders, gone).prepare("dev", (COMPONENTS,), tmp_path / "helm")


def test_a_password_does_not_follow_a_redirect_to_another_host(
    folders: ChartFolders, server: Server, tmp_path: Path
) -> None:
    with serving() as other:
        other.pages["/index.yaml"] = INDEX
        server.elsewhere["/flowable/index.yaml"] = f"http://localhost:{other.port}/index.yaml"
        repositories(folders, server).prepare("dev", (APP,), tmp_path / "helm")
        assert (other.asked, other.credentials) == (["/index.yaml"], [None])

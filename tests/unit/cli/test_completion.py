"""What a shell is answered while somebody types, by the protocol of each shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flowops.cli import execute
from flowops.cli.shells import SHELLS
from flowops.errors import Exit

Ask = Callable[[str], list[str]]
CONFIG = """
project: flowable
region: eu-central-1
management: {profile: flw-iac}
operator: {profile: ops}
accounts: {security: {profile: flw-sec}, dev: {profile: flw-dev}, prod: {profile: flw-prod}}
environments: {dev: {account: dev, path: a/dev}, prod: {account: prod, path: a/prod}}
layers: [foundation, app]
"""
UNITS = ("dev/foundation/vpc", "dev/foundation/eks", "dev/app/flowable", "prod/foundation/vpc")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project in which the caller stands."""
    made = tmp_path / "project"
    for unit in UNITS:
        folder = made / "deployments" / "a" / unit
        folder.mkdir(parents=True)
        (folder / "terragrunt.hcl").touch()
    (made / "flowops.yaml").write_text(CONFIG)
    (made / ".flowops" / "runs" / "20261128-090000-plan-dev").mkdir(parents=True)
    (made / ".flowops" / "drift").mkdir()
    (made / ".flowops" / "drift" / "20261128-100000-drift.json").touch()
    monkeypatch.chdir(made)
    return made


def of_bash(line: str) -> dict[str, str]:
    return {"_FLOWOPS_COMPLETE": "bash_complete", "COMP_LINE": line, "COMP_POINT": str(len(line.encode()))}


def of_zsh(line: str) -> dict[str, str]:
    words = line.split(" ")
    return {"_FLOWOPS_COMPLETE": "zsh_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}


def of_fish(line: str) -> dict[str, str]:
    return {"_FLOWOPS_COMPLETE": "fish_complete", "COMP_WORDS": line, "COMP_CWORD": line.split(" ")[-1]}


def answered(shell: str, text: str) -> list[str]:
    """Return the values in what one shell is told."""
    lines = text.splitlines()
    if shell == "zsh":
        return lines[1::3]
    return [line.partition(",")[2].partition("\t")[0] for line in lines]


PROTOCOLS = {"bash": of_bash, "zsh": of_zsh, "fish": of_fish}


@pytest.fixture(params=PROTOCOLS)
def ask(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Return what completes a line in one of the shells."""
    shell = str(request.param)

    def complete(line: str) -> list[str]:
        with monkeypatch.context() as asked:
            for name, value in PROTOCOLS[shell](line).items():
                asked.setenv(name, value)
            assert execute([]) == Exit.FINE
        said = capsys.readouterr()
        assert said.err == ""
        return answered(shell, said.out)

    return complete


def test_every_shell_has_a_protocol_here() -> None:
    assert set(PROTOCOLS) == set(SHELLS)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("flowops ap", ["apply"]),
        ("flowops runs re", ["resume"]),
        ("flowops apply d", ["dev"]),
        ("flowops apply ", ["dev", "prod"]),
        ("flowops apply dev ", ["foundation", "app"]),
        ("flowops apply dev foundation ", ["eks", "vpc"]),
        ("flowops -o json apply prod foundation ", ["vpc"]),
        ("flowops apply x", []),
        ("flowops plan --all-environments ", ["foundation", "app"]),
        ("flowops plan --all-environments foundation ", ["eks", "vpc"]),
        ("flowops why dev/a", ["dev/app/flowable"]),
        ("flowops bootstrap dev p", ["prod"]),
        ("flowops bootstrap s", ["security"]),
        ("flowops selftest --account ", ["dev", "prod"]),
        ("flowops selftest --account dev --environment ", ["dev"]),
        ("flowops selftest --environment ", ["dev", "prod"]),
        ("flowops runs show ", ["last", "20261128-090000-plan-dev"]),
        ("flowops runs show last --log dev/f", ["dev/foundation/eks", "dev/foundation/vpc"]),
        ("flowops report show ", ["last", "20261128-100000-drift"]),
        ("flowops users add jane --group dev_f", ["dev_flowable_admin", "dev_flowable_user"]),
        ("flowops auth exec d", ["dev"]),
        ("flowops auth whoami dev --role De", ["DevOpsAdminRole"]),
        ("flowops auth whoami dev --role O", []),
        ("flowops console dev --role D", ["DevOpsAdminRole"]),
        ("flowops console dev --role O", ["OrganizationAccountAccessRole"]),
        ("flowops console --role O", ["OrganizationAccountAccessRole"]),
        ("flowops console security --role ", ["OrganizationAccountAccessRole"]),
        (
            "flowops profiles write --only ",
            ["flw-iac", "flw-sec", "flw-dev", "flw-prod", "ops-dev", "ops-prod"],
        ),
        ("flowops profiles write --user me --replace me", ["me-dev", "me-prod"]),
        ("flowops toolchain install terraf", ["terraform"]),
        ("flowops toolchain install terraform kw", ["kwok"]),
        ("flowops plan dev --warm-providers a", ["auto", "always"]),
        ("flowops plan dev --report ", ["json=", "md=", "html="]),
        ("flowops drift --report s", ["sarif="]),
        ("flowops apply prod --confirm ", ["dev", "prod"]),
        ("flowops apply dev --unit", ["--unit-timeout"]),
        ("flowops rehearse d", ["down", "dev"]),
        ("flowops rehearse dev ", ["foundation", "app"]),
        ("flowops completion z", ["zsh"]),
    ],
)
def test_what_may_follow_is_offered(line: str, found: list[str], ask: Ask) -> None:
    assert ask(line) == found


@pytest.mark.parametrize("option", ["--project-dir {}", "--project-dir={}", "--rehearsal --project-dir {}"])
def test_the_project_may_be_another_one(
    option: str, project: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ask("flowops apply d") == []
    assert ask(f"flowops {option.format(project)} apply d") == ["dev"]


def test_the_home_folder_is_known_by_its_short_name(
    project: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(project.parent))
    monkeypatch.chdir(tmp_path)
    assert ask("flowops --project-dir ~/project apply p") == ["prod"]


@pytest.mark.parametrize("text", ["environments: {", "", "environments: 3\n", "\udcff"])
def test_a_broken_file_completes_to_nothing(text: str, project: Path, ask: Ask) -> None:
    (project / "flowops.yaml").write_bytes(text.encode(errors="surrogateescape"))
    assert ask("flowops apply ") == []
    assert ask("flowops apply dev foundation ") == []
    assert ask("flowops ap") == ["apply"]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "line", ["flowops nosuch ", "flowops apply 'de", "flowops --nosuch d", "flowops plan --parallelism x d"]
)
def test_a_wrong_line_is_no_error_while_it_is_typed(line: str, ask: Ask) -> None:
    ask(line)


def test_an_option_and_its_value_in_one_word_are_completed_as_each_shell_wants_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = {"bash": ["json"], "zsh": ["--output=json"], "fish": ["--output=json"]}
    for shell, protocol in PROTOCOLS.items():
        with monkeypatch.context() as asked:
            for name, value in protocol("flowops version --output=js").items():
                asked.setenv(name, value)
            assert execute([]) == Exit.FINE
        assert answered(shell, capsys.readouterr().out) == wanted[shell]


def test_bash_completes_what_stands_before_the_cursor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_FLOWOPS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_LINE", "flowops ver -o json")
    monkeypatch.setenv("COMP_POINT", str(len("flowops ver")))
    assert execute([]) == Exit.FINE
    assert capsys.readouterr().out == "plain,version\n"


@pytest.mark.parametrize("instruction", ["bash_complete", "tcsh_complete", "bash", "_"])
def test_a_request_that_makes_no_sense_is_answered_with_nothing(
    instruction: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_FLOWOPS_COMPLETE", instruction)
    monkeypatch.delenv("COMP_LINE", raising=False)
    assert execute([]) == Exit.FAILED
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_asks_as_the_protocol_says(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["completion", shell]) == Exit.FINE
    script = capsys.readouterr().out
    assert f"_FLOWOPS_COMPLETE={shell}_complete" in script
    asked = {"bash": ("COMP_LINE", "COMP_POINT")}.get(shell, ("COMP_WORDS", "COMP_CWORD"))
    assert all(name in script for name in asked)

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from flowops.adapters.rendering import TemplateTree, hcl
from flowops.errors import InvalidConfig

TEMPLATE = PurePosixPath("aws/account.hcl.j2")


class Project:
    """A deployments folder with one template."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.template = root / TEMPLATE
        self.template.parent.mkdir(parents=True)

    def render(self, text: str, **context: object) -> str:
        self.template.write_text(text)
        return TemplateTree(self.root).render(TEMPLATE, context)

    def refusal(self, text: str, **context: object) -> str:
        with pytest.raises(InvalidConfig) as refused:
            self.render(text, **context)
        return refused.value.happened


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-12, "-12"),
        (1.5, "1.5"),
        (1e30, "1e+30"),
        ("", '""'),
        ("plain", '"plain"'),
        ('say "hi"', r'"say \"hi\""'),
        ("back\\slash\\", r'"back\\slash\\"'),
        ("a\nb\rc\td", r'"a\nb\rc\td"'),
        ("\x00\x1b\x7f\u2028\u202e", r'"\u0000\u001b\u007f\u2028\u202e"'),
        ("\U000e0001", r'"\U000e0001"'),
        ('${file("/etc/passwd")}', r'"$${file(\"/etc/passwd\")}"'),
        ("%{ for x in y }", '"%%{ for x in y }"'),
        ("$${x} %%{x}", '"$$${x} %%%{x}"'),
        ("$ { % 100%", '"$ { % 100%"'),
        ("e\u0301", '"é"'),
        ([], "[]"),
        (["a", 1, [True]], '["a", 1, [true]]'),
        (("a",), '["a"]'),
        ({}, "{}"),
        ({"b": 1, 'a"${x}': None}, r'{ "b" = 1, "a\"$${x}" = null }'),
    ],
)
def test_every_value_becomes_a_literal(value: object, literal: str) -> None:
    assert hcl(value) == literal


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1: 2}, object(), b"bytes", "\ud800", {"x": {1}}])
def test_what_hcl_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        hcl(value)


def test_a_template_prints_values_through_the_filter_and_keeps_everything_else(project: Project) -> None:
    text = "locals {\n  {% if on %}\n  account_id = {{ account.id | hcl }}\n  {% endif %}\n}\n"
    rendered = project.render(text, on=True, account={"id": "012345678901"})
    assert rendered == 'locals {\n  account_id = "012345678901"\n}\n'


@pytest.mark.parametrize(
    "expression",
    [
        "{{ value }}",
        "{{ value | upper }}",
        "{{ value | hcl | upper }}",
        "{{ (value | hcl) ~ (value | hcl) }}",
        "{{ 'constant' }}",
        "{{ 7 * 7 }}",
        "{{ [value] }}",
    ],
)
def test_a_value_without_the_filter_is_an_error_with_its_line(project: Project, expression: str) -> None:
    happened = project.refusal(f"locals {{\n  x = {expression}\n}}\n", value="v")
    assert happened.startswith(f"{project.template}:2: ")
    assert "{{ value | hcl }}" in happened


def test_a_value_is_never_a_template_itself(project: Project) -> None:
    assert project.render("x = {{ value | hcl }}", value="{{ 7*7 }}{% raw %}") == 'x = "{{ 7*7 }}{% raw %}"'


def test_an_unknown_name_is_answered_with_the_known_ones(project: Project) -> None:
    happened = project.refusal("\n\nx = {{ acount | hcl }}\n", account={}, region="r")
    assert happened == f"{project.template}:3: there is no 'acount' here; known: account, region."


@pytest.mark.parametrize("expression", ["account.outputs.RoleArm | hcl", "account.outputs['RoleArm'] | hcl"])
def test_an_unknown_key_is_answered_with_the_keys_there_are(project: Project, expression: str) -> None:
    outputs: Mapping[str, str] = {"RoleArn": "arn", "Other": "x"}
    happened = project.refusal(f"x = {{{{ {expression} }}}}\n", account={"outputs": outputs})
    assert happened == f"{project.template}:1: there is no 'RoleArm' here; known: Other, RoleArn."


@pytest.mark.parametrize(
    "text",
    [
        "{{ missing }}",
        "{% if missing %}x{% endif %}",
        "{% for x in missing %}x{% endfor %}",
        "{{ missing.deeper | hcl }}",
        "{{ [missing] | hcl }}",
    ],
)
def test_an_unknown_name_is_an_error_wherever_it_is_used(project: Project, text: str) -> None:
    assert "there is no 'missing' here; known: none" in project.refusal(text)


def test_a_default_stands_in_for_a_missing_name(project: Project) -> None:
    assert project.render("{{ missing | default('x') | hcl }}") == '"x"'


def test_broken_template_syntax_names_its_line(project: Project) -> None:
    assert project.refusal("a\nb {% if %}\n").startswith(f"{project.template}:2: ")


def test_an_error_inside_an_included_template_names_that_one(project: Project) -> None:
    (project.root / "part.j2").write_text("\n{{ value }}\n")
    happened = project.refusal("{% include 'part.j2' %}\n", value="v")
    assert happened.startswith(f"{project.root / 'part.j2'}:2: ")


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ | hcl }}",
        "{{ account.update({'id': 'x'}) | hcl }}",
        "{% include '../outside.j2' %}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_a_template_cannot_leave_its_sandbox(project: Project, text: str) -> None:
    (project.root.parent / "outside.j2").write_text("secret")
    assert project.refusal(text, account={"id": "1"}).startswith(f"{project.template}:1: ")


def test_a_template_that_is_not_text_is_named(project: Project) -> None:
    project.template.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidConfig, match=r"account\.hcl\.j2:1: is not UTF-8 text"):
        TemplateTree(project.root).render(TEMPLATE, {})


def test_templates_are_found_in_order_and_never_in_caches(tmp_path: Path) -> None:
    for name in ("root.hcl.j2", "aws/b/env.hcl.j2", "aws/a/account.hcl.j2", ".terragrunt-cache/x/env.hcl.j2"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "values.yaml.j2").touch()
    found = [str(it) for it in TemplateTree(tmp_path).templates()]
    assert found == ["root.hcl.j2", "aws/a/account.hcl.j2", "aws/b/env.hcl.j2"]


def test_the_rendered_file_stands_beside_its_template(project: Project) -> None:
    tree = TemplateTree(project.root)
    assert tree.current(TEMPLATE) is None
    tree.write(TEMPLATE, 'x = "é"\n')
    assert tree.current(TEMPLATE) == 'x = "é"\n'
    written = project.root / "aws/account.hcl"
    assert [it.name for it in written.parent.iterdir()] == ["account.hcl"]


@pytest.mark.parametrize(("folder", "file"), [(0o755, 0o644), (0o777, 0o644), (0o750, 0o640), (0o700, 0o600)])
def test_the_rendered_file_may_be_read_by_whoever_may_read_its_folder(project: Project, folder: int, file: int) -> None:
    written = project.root / "aws/account.hcl"
    written.parent.chmod(folder)
    TemplateTree(project.root).write(TEMPLATE, "x = 1\n")
    assert written.stat().st_mode & 0o777 == file


def test_a_rendered_file_that_is_not_text_counts_as_absent(project: Project) -> None:
    (project.root / "aws/account.hcl").write_bytes(b"\xff")
    assert TemplateTree(project.root).current(TEMPLATE) is None

"""HCL read as data, templates included; what is no HCL is one line that says where."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from flowops.adapters.hcl import parse_hcl
from flowops.adapters.hcl_json import parse_json
from flowops.adapters.hcl_tree import HclTree
from flowops.adapters.template_hcl import read_template
from flowops.errors import InvalidConfig
from flowops.model.hcl import Expression, Literal, Other, Printed, references

FILE = Path("x.hcl")
TEXT = 'f(local.a.b[local.i], [for z in local.zones : "${z}"], c ? {k = d.e} : null, "%{ if g.h }%{ endif }")'


def attribute(text: str) -> Expression:
    return parse_hcl(FILE, f"a = {text}\n").attributes[0].expression


def test_blocks_and_attributes_have_their_lines() -> None:
    body = parse_hcl(FILE, '# first\nlocals {\n  a = 1\n\n  b = {\n    c = 2\n  }\n}\n\nvariable "x" {\n}\n')
    assert {name: it.line for name, it in body.locals().items()} == {"a": 3, "b": 5}
    assert [(it.type, it.labels, it.line) for it in body.blocks] == [("locals", (), 2), ("variable", ("x",), 10)]
    assert body.locals()["b"].text == "b = { c = 2 }"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.5", 1.5),
        ("-1", None),
        ("true", True),
        ("null", None),
        ('"a\\n\\u00e4"', "a\nä"),
        ('"$${a}"', "${a}"),
        ('"a${"b"}"', "ab"),
    ],
)
def test_literals_have_their_value(text: str, value: object) -> None:
    found = attribute(text)
    assert found.value == value if isinstance(found, Literal) else text == "-1"


@pytest.mark.parametrize("text", ["9" * 100_000, "1e999"])
def test_a_number_that_python_cannot_hold_has_no_value(text: str) -> None:
    assert isinstance(attribute(text), Other)


def test_every_reference_of_an_expression_is_found_once_as_a_whole() -> None:
    names = [it.text for it in references(attribute(TEXT))]
    assert names == ["local.a.b[local.i]", "local.i", "z", "local.zones", "z", "c", "d.e", "g.h"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a = 1\nlocals {\n  a = {\n", 3, "a bracket is not closed"),
        ('a = "${local.x"\n', 1, "'\"' cannot stand here"),
        ("/* never closed\n", 1, "cannot stand here"),
        ("a = <<EOT\n" + "x\n" * 60_000, 1, "'<<EOT' cannot stand here"),
        ("a: 1\n", 1, "':' cannot stand here"),
        ("a = 1\nb = \x00\n", 2, "'\\x00' cannot stand here"),
        ("a = 1\nb =\n", 2, "the line ends too early"),
        ("a = " + "[" * 50_000, 1, "is nested deeper than 60 levels"),
        ("a = 1" + "+1" * 10_000 + "\n", 1, "is nested too deeply"),
        ("a = local" + ".a" * 10_000 + "\n", 1, "is nested too deeply"),
        ("a = <<EOT\n" + "\n" * 60_000, 1, "has more than 400 blank characters in a row"),
        ("a = 1\n" * 30_000, 1, "is larger than 128 KiB"),
    ],
)
def test_what_is_no_hcl_is_one_line_that_says_where(text: str, line: int, said: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        parse_hcl(FILE, text)
    assert refused.value.happened.startswith(f"x.hcl:{line}: ")
    assert said in refused.value.happened
    assert "\n" not in refused.value.happened


def template(folder: Path, text: str) -> Path:
    path = folder / "x.hcl.j2"
    path.write_text(text)
    return path


def test_a_template_keeps_its_lines_and_names_what_it_prints(tmp_path: Path) -> None:
    text = '{# two\nlines #}\nlocals {\n  a = {{ one.two["three"] | hcl }}\n  b = "${ {{ (x ~ y.z) | hcl }} }/c"\n}\n'
    body, certain = read_template(template(tmp_path, text))
    a, b = body.locals()["a"], body.locals()["b"]
    assert certain
    assert (a.line, a.text) == (4, 'a = {{ one.two["three"] | hcl }}')
    assert a.expression == Printed(4, '{{ one.two["three"] | hcl }}', (("one", "two", "three"),), whole=True)
    (printed,) = (it for it in references(b.expression) if isinstance(it, Printed))
    assert (printed.names, printed.whole) == ((("x",), ("y", "z")), False)


def test_a_template_with_conditions_is_not_certain(tmp_path: Path) -> None:
    text = "locals {\n{% if a %}\n  b = {{ c | hcl }}\n{% endif %}\n}\n"
    body, certain = read_template(template(tmp_path, text))
    assert (body.locals()["b"].line, certain) == (3, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("locals {\n  a = {{ b\n}\n", ":3: unexpected '}'"),
        ("locals {\n  a = {{ b | hcl }}\n", ":2: is not HCL"),
        ("\n{% if %}", ":2: "),
        ("{{ " + "(" * 5000, ":1: "),
    ],
)
def test_a_wrong_template_is_one_line_that_says_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        read_template(template(tmp_path, text))
    assert f"x.hcl.j2{said}" in refused.value.happened


def test_blocks_of_json_are_read_in_each_of_their_forms() -> None:
    one, two = '{"a": {"default": [1]}}', '{"b": [{"sensitive": true}]}'
    body = parse_json(Path("x.tf.json"), f'{{"variable": [{one}, {two}], "//": "x", "locals": {{"a": 1}}}}')
    assert [(it.type, it.labels, it.line) for it in body.blocks] == [("variable", (it,), 0) for it in "ab"]
    assert body.blocks[0].body.attributes[0].text == "default = [1]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n"variable": ', ":2: is not JSON"),
        ("[]", ":1: is no object"),
        ('{"variable": {"a": 1}}', ":1: variable is not written as terraform reads it"),
        ('{"variable": {"a": ' + "[" * 100_000, ":1: is nested too deeply"),
        ('{"variable": {"a": {"default": ' + "9" * 5000 + "}}}", ":1: holds a number that is too long"),
    ],
)
def test_what_is_no_json_is_one_line_that_says_where(text: str, said: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        parse_json(Path("x.tf.json"), text)
    assert f"x.tf.json{said}" in refused.value.happened


def test_a_name_that_no_file_can_have_is_one_line(tmp_path: Path) -> None:
    tree, path = HclTree(tmp_path), PurePosixPath(tmp_path, "x" * 300)
    for ask in (tree.has, tree.hcl, tree.template):
        with pytest.raises(InvalidConfig, match=r":1: cannot be read: File name too long"):
            ask(path)
    assert tree.terraform_files(path) == ()


def test_the_files_of_a_module_are_those_that_terraform_reads(tmp_path: Path) -> None:
    for name in ("a.tf", "b.tf.json", "c.tfvars", ".#a.tf", ".x.tf"):
        (tmp_path / name).touch()
    assert [it.name for it in HclTree(tmp_path).terraform_files(PurePosixPath(tmp_path))] == ["a.tf", "b.tf.json"]

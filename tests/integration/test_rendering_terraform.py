"""Hostile values go through a template and real terraform, and come back as they were."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path, PurePosixPath

import pytest
import sh

from flowops.adapters.rendering import TemplateTree
from tests.integration.tools import Tools

COUNT = 3000
SEED = 20261123
TEMPLATE = PurePosixPath("main.hcl.j2")
TEXT = """\
output "values" { value = {{ values | hcl }} }
output "map" { value = {{ map | hcl }} }
output "template" { value = "<${ {{ values[0] | hcl }} }>" }
"""

NASTY = (
    '${file("/etc/passwd")}',
    "${jndi:ldap://127.0.0.1/a}",
    "%{ for x in [1] }%{ endfor }",
    "%{ if true",
    "~}",
    "$${",
    "$$${x}",
    "%%{",
    "%%%{x}",
    "$",
    "${",
    "%{",
    "$\\{",
    "\\${x}",
    "\\",
    "\\\\",
    "ends with \\",
    '"',
    '\\"',
    '"}\nresource "null_resource" "x" {}\n',
    "EOT\n<<EOT\nEOT",
    "<<-EOF",
    "line\nline\r\nline\r",
    "\t",
    "{{7*7}}",
    "{% raw %}",
    "{# x #}",
    "# comment",
    "// comment",
    "/* comment",
    "\x00\x01\x08\x0b\x0c\x1b[2J\x7f\x80\x9f",
    "\u2028\u2029\u0085",
    "\u202e\u2066\u200b\ufeff",
    "e\u0301 \u212b \ufb01 \u1e9b\u0323",
    "${\u0301x}",
    "$\u0338{x}",
    "\U0001f600\U000e0001\U0010ffff\uffff\ufffe",
    "\u0301starts with a mark",
    "\\u0041\\U00000041\\n",
    "null",
    "012345678901",
    "",
    " ",
    "x" * 10_000,
)
FRAGMENTS = ("$", "{", "}", "%", '"', "\\", "\n", "${", "%{", "~", "EOT", "<<", "file(", "\u0301", "é", "a", " ", "{{")


def hostile(generator: random.Random) -> str:
    """Return pieces that mean something to HCL or Jinja, and characters from anywhere but the surrogates."""
    pieces = [
        generator.choice(FRAGMENTS) if generator.random() < 0.8 else chr(generator.choice(PLANES))
        for _ in range(generator.randint(1, 12))
    ]
    return "".join(pieces)


PLANES = (*range(0x300), *range(0x2000, 0x2070), *range(0xFB00, 0xFB10), *range(0x1F600, 0x1F610))


@pytest.fixture
def terraform(tools: Tools) -> sh.Command:
    return sh.Command(str(tools.terraform))


def test_3000_hostile_strings_come_back_from_terraform_as_they_were(tmp_path: Path, terraform: sh.Command) -> None:
    generator = random.Random(SEED)
    values = [*NASTY, *(hostile(generator) for _ in range(COUNT - len(NASTY)))]
    keys = {unicodedata.normalize("NFC", it): str(number) for number, it in enumerate(values)}
    (tmp_path / TEMPLATE).write_text(TEXT)
    tree = TemplateTree(tmp_path)
    tree.write(TEMPLATE, tree.render(TEMPLATE, {"values": values, "map": keys}))
    (tmp_path / "main.hcl").rename(tmp_path / "main.tf")

    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"}
    run = terraform.bake(_cwd=str(tmp_path), _env=environment, _tty_out=False, _in=None)
    run("apply", "-auto-approve", "-input=false", "-no-color")
    outputs = json.loads(str(run("output", "-json", "-no-color")))

    expected = [unicodedata.normalize("NFC", it) for it in values]
    differences = [(a, b) for a, b in zip(expected, outputs["values"]["value"], strict=True) if a != b]
    assert differences == []
    assert outputs["map"]["value"] == keys
    assert outputs["template"]["value"] == f"<{expected[0]}>"

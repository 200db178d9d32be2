"""The chain from an input to its sources, in trees of a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from flowops.errors import InvalidConfig, UsageError
from flowops.model.provenance.chain import Answer, Kind, Known, Step
from tests.fakes.hcl_tree import UNIT, why

INCLUDE = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
ENV = 'read_terragrunt_config(find_in_parent_folders("env.hcl")).locals'
HERE = f"{UNIT}/terragrunt.hcl"


def places(answer: Answer) -> list[str]:
    return [it.place for it in answer.steps]


def every(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from step.hidden
        for branch in step.branches:
            yield from every(branch.steps)


def notes(answer: Answer) -> str:
    return "\n".join(it.note for it in every(answer.steps))


def inputs(expression: str) -> str:
    return f"inputs = {{ name = {expression} }}"


def test_a_value_written_in_the_unit_is_changed_in_its_line() -> None:
    answer = why("name", 'inputs = {\n  name = "api"\n}')
    assert answer.value == Known("api")
    assert places(answer) == [f"{HERE}:1", f"{HERE}:2"]
    assert answer.steps[-1].kind is Kind.HAND
    assert answer.module == "modules/api"


def test_a_local_leads_through_the_file_it_was_read_from() -> None:
    unit = f"locals {{\n  env = {ENV}\n}}\ninputs = {{\n  name = local.env.title\n}}"
    answer = why("name", unit, env='locals {\n  title = "api"\n}')
    assert answer.value == Known("api")
    assert places(answer) == [f"{HERE}:4", f"{HERE}:5", f"{HERE}:2", "aws/dev/env.hcl:2"]


def test_what_the_unit_sets_hides_what_it_includes() -> None:
    answer = why("name", INCLUDE + inputs('"mine"'), root='inputs = {\n  name = "common"\n}')
    assert answer.value == Known("mine")
    assert [it.place for it in answer.steps[0].hidden] == ["aws/root.hcl:2"]


def test_a_deep_merge_of_two_values_is_not_guessed() -> None:
    deep = INCLUDE.replace("}", '  merge_strategy = "deep"\n}')
    both = why("name", deep + inputs('{ b = "mine" }'), root='inputs = {\n  name = { a = "common" }\n}')
    assert both.value is None
    alone = why("name", deep + inputs('"mine"'), root="inputs = {\n  other = 1\n}")
    assert alone.value == Known("mine")


def test_of_two_included_files_the_later_one_counts() -> None:
    unit = INCLUDE + 'include "env" {\n  path = find_in_parent_folders("env.hcl")\n}\n'
    answer = why("name", unit, root=inputs('"first"'), env=inputs('"second"'))
    assert answer.value == Known("second")
    assert [it.place for it in answer.steps[0].hidden] == ["aws/root.hcl:1"]


def test_an_included_file_whose_merge_strategy_is_no_merge_gives_no_inputs() -> None:
    unit = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n  merge_strategy = "no_merge"\n}\n'
    answer = why("size", unit, root="inputs = { size = 9 }")
    assert (answer.value, answer.steps[0].kind) == (Known(3), Kind.DEFAULT)


def test_the_last_argument_of_a_merge_that_has_the_key_counts() -> None:
    answer = why("name", 'inputs = merge({ name = "a" }, { name = "b" }, { other = "c" })')
    assert answer.value == Known("b")
    assert [it.code for it in answer.steps[1].hidden] == ['name = "a"']


def test_an_argument_that_cannot_be_looked_into_may_win_and_is_named() -> None:
    answer = why("name", 'inputs = merge({ name = "a" }, yamldecode(file("x.yaml")))')
    assert answer.value is None
    assert "not followed: only terragrunt computes the function yamldecode" in notes(answer)


def test_an_expression_with_several_values_is_a_tree() -> None:
    unit = 'locals {\n  a = "x"\n  b = "y"\n}\n' + inputs('"${local.a}-${local.b}"')
    answer = why("name", unit)
    assert answer.value == Known("x-y")
    branches = answer.steps[-1].branches
    assert [(it.text, it.value, it.steps[0].place) for it in branches] == [
        ("local.a", Known("x"), f"{HERE}:2"),
        ("local.b", Known("y"), f"{HERE}:3"),
    ]


def test_an_output_of_another_unit_leads_to_its_module() -> None:
    unit = 'dependency "db" {\n  config_path = "../database"\n  mock_outputs = {}\n}\n' + inputs(
        "dependency.db.outputs.url"
    )
    answer = why("name", unit)
    assert answer.value is None
    last = answer.steps[-1]
    assert (last.kind, last.place) == (Kind.DEPENDENCY, "modules/database/outputs.tf:2")
    assert last.code == 'output "url" = aws_db.this.url'
    assert "output url of unit dev/app/database" in last.note
    assert f"mock in {HERE}:3" in last.note


def test_an_output_that_the_other_module_does_not_have_is_answered_with_the_nearest() -> None:
    unit = 'dependency "db" {\n  config_path = "../database"\n}\n' + inputs("dependency.db.outputs.urls")
    assert "modules/database has no output 'urls'; did you mean 'url'?" in notes(why("name", unit))


@pytest.mark.parametrize(
    ("environment", "value", "said"),
    [({}, "plain", "environment variable NAME, not set: the default"), ({"NAME": "loud"}, "loud", "NAME, set")],
)
def test_an_environment_variable_is_named_with_whether_it_is_set(
    environment: dict[str, str], value: str, said: str
) -> None:
    answer = why("name", inputs('get_env("NAME", "plain")'), environment=environment)
    assert answer.value == Known(value)
    assert answer.steps[-1].kind is Kind.ENVIRONMENT
    assert said in notes(answer)


def test_a_variable_that_flowops_withholds_counts_by_hand_only() -> None:
    answer = why("name", inputs('get_env("SHELL_ONLY", "plain")'))
    assert answer.value == Known("plain")
    assert "set in this shell, which only terragrunt by hand sees" in notes(answer)
    assert answer.notes == (
        "TF_VAR_name is set in this shell: it wins over all this by hand; flowops does not pass it on",
    )


def test_a_variable_without_default_is_what_terragrunt_refuses() -> None:
    answer = why("name", inputs('get_env("NAME")'))
    assert answer.value is None
    assert "terragrunt refuses to go on" in notes(answer)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('coalesce("", null, "x")', "x"),
        ('try(local.none, "x")', "x"),
        ('join("-", concat(["a"], [1, true]))', "a-1-true"),
        ('split("/", "a/b")[1]', "b"),
        ("merge({ a = { b = 1 } }, null, { a = { c = 2 } })", {"a": {"c": 2}}),
        ('true ? "x" : local.none', "x"),
        ('{ a = [1, "b"], (upper("k")) = null }', {"a": [1, "b"], "K": None}),
        ('"${1.5}-${true}"', "1.5-true"),
        ('"${0.0000001}"', 0.0000001),
        ('"${0.0000001}/"', "0.0000001/"),
        ('"${true}"', True),
        ('"a $${b} %%{c} \\"d\\""', 'a ${b} %{c} "d"'),
        ("path_relative_to_include()", "."),
        ("basename(get_terragrunt_dir())", "api"),
        ('basename(dirname(find_in_parent_folders("none.hcl", "/a/b/c")))', "b"),
        ('read_terragrunt_config("none.hcl", { locals = { a = 1 } }).locals.a', 1),
    ],
)
def test_a_value_is_computed_as_terragrunt_does(expression: str, value: object) -> None:
    assert why("name", inputs(expression)).value == Known(value)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("sops_decrypt_file(local.a)", "only terragrunt computes the function sops_decrypt_file"),
        ("[for it in [local.a] : upper(it)]", "terragrunt computes this"),
        ('local.a == "x" ? 1 : 2', "terragrunt computes"),
        ("feature.f.value", "feature is nothing that flowops looks into"),
        ('find_in_parent_folders("none.hcl")', "there is no none.hcl in a folder above"),
        ('"${get_env(local.unknown)}"', "which variable is meant"),
        ("<<-EOF\n  ${local.a}\nEOF\n", "terragrunt computes this"),
        ("merge([local.a, local.a]...)", "terragrunt spreads the arguments"),
        ('read_terragrunt_config("none.hcl").locals.a', "this file is not found"),
        ("local.a[sha1(local.a)]", "which part is meant"),
        ("dependency.none.outputs.x", "no unit is known that is the dependency 'none'"),
        ("include.none.locals.x", "no file is known that this unit includes as 'none'"),
    ],
)
def test_what_is_not_followed_is_said_and_has_no_value(expression: str, said: str) -> None:
    answer = why("name", f'locals {{\n  a = "x"\n}}\n{inputs(expression)}')
    assert answer.value is None
    assert said in notes(answer)


def test_what_an_unknown_function_uses_is_followed_all_the_same() -> None:
    answer = why("name", 'locals {\n  a = "x"\n}\n' + inputs("sha1(local.a)"))
    assert answer.steps[-1].place == f"{HERE}:2"


def test_a_default_of_the_module_is_the_last_resort() -> None:
    answer = why("size", "")
    assert answer.value == Known(3)
    assert places(answer) == ["modules/api/variables.tf:3"]


def test_an_input_that_nothing_sets_and_that_has_no_default_is_said() -> None:
    assert "nothing sets it, and it has no default" in notes(why("name", ""))


def test_an_input_that_the_module_does_not_have_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="'nam'; did you mean 'name'\\? known: name, size, zones"):
        why("nam", "")
    with pytest.raises(
        UsageError, match=r"The tree sets it \(aws/dev/app/api/terragrunt\.hcl:1\), but terraform ignores"
    ):
        why("other", "inputs = { other = 1 }")


def test_nothing_of_a_sensitive_value_is_in_the_answer() -> None:
    unit = 'locals {\n  token = "hush"\n}\ninputs = merge({ name = "hush" }, { name = coalesce("hush", local.token) })'
    answer = why("name", unit, module='variable "name" {\n  sensitive = true\n}')
    assert answer.sensitive
    assert "hush" not in repr(answer)
    assert f"{HERE}:2" in {it.place for it in every(answer.steps)}


@pytest.mark.parametrize(
    "unit",
    [
        'inputs = { secret = "hush", name = "api" }',
        'inputs = merge({ secret = "hush" }, { secret = "hush", name = "api" })',
        'inputs = true ? { secret = "hush", name = "api" } : { secret = "hush" }',
        'inputs = local.x == 1 ? { secret = "hush", name = "api" } : { secret = "hush" }',
        'inputs = yamldecode("name: api, secret: hush")',
        "inputs = yamldecode(<<-EOT\n  secret: hush\nEOT\n)",
        'inputs = { for k, v in { secret = "hush", name = "api" } : k => v }',
        'locals {\n  all = { secret = "hush", name = "api" }\n}\ninputs = local.all',
        'locals {\n  all = { secret = "hush", name = "api" }\n}\ninputs = { name = local.all.name }',
        'locals {\n  all = { secret = "hush", name = "api" }\n}\ninputs = { name = local.all[sha1("x")] }',
        'locals {\n  all = { secret = "hush", name = "api" }\n}\ninputs = { name = lookup(local.all, "name") }',
        'locals {\n  all = [{ secret = "hush" }]\n}\ninputs = { name = local.all[*].name }',
        'locals {\n  pw = "hush"\n  all = { secret = local.pw }\n}\ninputs = { name = lookup(local.all, "name") }',
        'locals {\n  pw = "hush"\n}\ninputs = { name = lookup({ secret = local.pw }, "name") }',
        'inputs = { name = { secret = "hush", name = "api" }["name"] }',
        'inputs = { name = { secret = "hush", name = "api" }[sha1("x")] }',
        'inputs = { name = [{ secret = "hush" }, "api"][1] }',
        'inputs = merge( # once: hush\n{ name = "api" })',
    ],
)
def test_of_an_object_only_what_leads_to_the_input_is_shown(unit: str) -> None:
    assert "hush" not in repr(why("name", unit))


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ('{ other = "x", name = upper("api") }', 'inputs = { name = upper("api") … }'),
        ('merge(local.all, { other = 1, name = "api" })', 'inputs = merge(local.all, { name = "api" … })'),
        ('merge({ other = 1 }, { name = "api" })', 'inputs = merge({…}, { name = "api" })'),
    ],
)
def test_a_step_shows_the_entry_that_was_asked_for(expression: str, code: str) -> None:
    assert why("name", f"inputs = {expression}").steps[0].code == code


def test_an_object_that_is_asked_for_is_shown_as_it_is_written() -> None:
    assert why("name", inputs("{ a = 1, b = 2 }")).steps[1].code == "name = { a = 1, b = 2 }"


@pytest.mark.parametrize(
    "files",
    [
        {"module": 'variable "name" {\n  sensitive = "true"\n}'},
        {"module": 'variable "name" {\n  sensitive = 1 == 1\n}'},
        {"override": 'variable "name" {\n  sensitive = true\n}'},
        {"module": "", "json": '{"variable": {"name": {"sensitive": true}}}'},
        {"module": "", "json": '{"variable": [{"name": [{"sensitive": "true"}]}]}'},
        {"source": "git::https://example.com/modules.git//api"},
        {"source": "../../../../modules//none"},
        {"source": "${run_cmd()}"},
    ],
)
def test_what_may_be_sensitive_is_not_printed(files: dict[str, str]) -> None:
    answer = why("name", inputs('coalesce("hush", { a = 1 })'), **files)
    assert answer.sensitive
    assert "hush" not in repr(answer)
    assert f"{HERE}:1" in places(answer)


def test_that_nobody_knows_whether_an_input_is_sensitive_is_said() -> None:
    answer = why("name", inputs('"hush"'), source="git::https://example.com/modules.git//api")
    assert answer.notes[0].endswith("nor whether it is sensitive: its value is not printed")


def test_what_an_override_file_says_of_a_variable_counts() -> None:
    answer = why("size", "", override='variable "size" {\n  default = 4\n}')
    assert (answer.value, places(answer)) == (Known(4), ["modules/api/size_override.tf:2"])
    open_again = 'variable "name" {\n  sensitive = false\n}'
    answer = why("name", inputs('"api"'), module='variable "name" {\n  sensitive = true\n}', override=open_again)
    assert (answer.value, answer.sensitive) == (Known("api"), False)


def test_a_variable_in_json_is_read() -> None:
    answer = why("size", "", module="", json='{"variable": {"size": {"default": {"a": [1, "${b}"]}}}}')
    assert answer.value == Known({"a": [1, "${b}"]})
    assert places(answer) == ["modules/api/more.tf.json"]


READ = 'locals {\n  env = read_terragrunt_config(find_in_parent_folders("env.hcl"))\n}\n'


@pytest.mark.parametrize(
    ("unit", "files", "said"),
    [
        ('locals {\n  x = run_cmd("touch", "x")\n}\n', {}, f"{HERE} says run_cmd"),
        ('locals {\n  x = <<-EOT\n    ${ run_cmd("x") }\n  EOT\n}\n', {}, "run_cmd"),
        ('generate "x" {\n  contents = upper(get_aws_account_id())\n}\n', {}, "get_aws_account_id"),
        (INCLUDE, {"root": 'locals {\n  x = sops_decrypt_file("x")\n}'}, "aws/root.hcl says sops_decrypt_file"),
        (READ, {"env": 'locals {\n  x = run_cmd("x")\n}'}, "aws/dev/env.hcl says run_cmd"),
        (INCLUDE, {"root": READ, "env": 'locals {\n  x = run_cmd("x")\n}'}, "aws/dev/env.hcl says run_cmd"),
        ('dependency "db" {\n  config_path = "../database"\n}\n', {"database": "a = run_cmd()"}, "says run_cmd"),
        ("locals {\n  a = local.b\n  b = local.a\n  x = read_terragrunt_config(local.a)\n}\n", {}, "needs itself"),
        ('terraform_binary = "./mine"\n', {}, "says terraform_binary"),
        ('locals {\n  x = read_terragrunt_config("/elsewhere/x.hcl")\n}\n', {}, "is not known"),
        ('locals {\n  x = read_terragrunt_config(sha1("x"))\n}\n', {}, "is not known"),
        ('include "x" {\n  path = sha1("x")\n}\n', {}, "is not known"),
    ],
)
def test_terragrunt_is_not_to_be_asked_where_it_would_run_something(
    unit: str, files: dict[str, str], said: str
) -> None:
    answer = why("name", unit + inputs('sha1("x")'), **files)
    assert answer.value is None
    assert said in answer.unasked


def test_terragrunt_may_be_asked_where_it_only_reads() -> None:
    unit = 'locals {\n  x = read_terragrunt_config("none.hcl", {})\n}\n'
    assert why("name", INCLUDE + unit + inputs('sha1("x")'), root=READ).unasked == ""


@pytest.mark.parametrize(
    "expression",
    [
        'format("%s", dependency["db"].outputs.url)',
        "[for k, v in dependency : v.outputs.url]",
        "sha1(dependency .db.outputs.url)",
        "sha1(jsonencode(dependency))",
        "<<-EOT\n  ${dependency.db.outputs.url}\nEOT\n",
        'sha1(read_terragrunt_config(find_in_parent_folders("env.hcl")).dependency.db.outputs.url)',
    ],
)
def test_an_output_on_the_way_is_noticed_however_it_is_written(expression: str) -> None:
    unit = 'dependency "db" {\n  config_path = "../database"\n}\n' + inputs(expression)
    assert "output of another unit" in why("name", unit).unasked


def test_the_word_dependency_in_a_text_is_no_output() -> None:
    assert why("name", inputs('sha1("dependency.db")')).unasked == ""


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("local.tpyo", "local 'tpyo' does not exist here; did you mean 'typo'?"),
        ('true ? local.none : "b"', "local 'none' does not exist here"),
        ('"${local.none}-x"', "local 'none' does not exist here"),
        ("upper(local.none)", "local 'none' does not exist here"),
        ("local.far", "local 'none' does not exist here"),
        ("include.root.locals.nothere", "local 'nothere' does not exist in aws/root.hcl; did you mean 'there'?"),
        ("local.typo.x", "local.typo.x leads to nothing"),
    ],
)
def test_a_reference_to_nothing_is_no_default(expression: str, said: str) -> None:
    unit = f"{INCLUDE}locals {{\n  typo = {{}}\n  far = local.none\n}}\ninputs = {{\n  size = {expression}\n}}"
    answer = why("size", unit, root="locals {\n  there = 1\n}")
    last = answer.steps[-1]
    assert (answer.value, last.kind, last.place) == (None, Kind.NOT_FOLLOWED, f"{HERE}:9")
    assert said in last.note


def test_locals_that_need_each_other_are_one_clear_line() -> None:
    with pytest.raises(InvalidConfig, match=r"terragrunt\.hcl:2: local 'a' needs itself: a -> b -> a"):
        why("name", "locals {\n  a = local.b\n  b = local.a\n}\n" + inputs("local.a"))


def test_locals_that_multiply_are_given_up_in_time() -> None:
    doubled = "\n".join(f'  a{n} = "${{local.a{n + 1}}}${{local.a{n + 1}}}"' for n in range(60))
    with pytest.raises(InvalidConfig, match="more than 4000 steps"):
        why("name", f'locals {{\n{doubled}\n  a60 = "x"\n}}\n' + inputs("local.a0"))


def test_a_long_row_of_locals_is_given_up_in_time() -> None:
    row = "\n".join(f"  a{n} = local.a{n + 1}" for n in range(900))
    with pytest.raises(InvalidConfig, match="leads too deep"):
        why("name", f'locals {{\n{row}\n  a900 = "x"\n}}\n' + inputs("local.a0"))

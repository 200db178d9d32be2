"""What a terraform that did not come to its end had created, and how it is imported."""

from __future__ import annotations

import pytest

from flowops.model.creations import Creation, Lost, by_address, creations, import_blocks, lost, type_of
from flowops.model.import_ids import DERIVED, MADE_UP, TO_FILL_IN, import_id, importable
from flowops.model.state_document import read_document
from tests.fakes.recovery import START, state

OUTPUT = """
aws_vpc.this: Creating...
aws_ssm_parameter.p["a: Creating..."]: Creating...
module.net["x.y"].aws_sns_topic.this[0]: Creating...
aws_vpc.this: Still creating... [00m10s elapsed]
aws_vpc.this: Creation complete after 12s [id=vpc-1]
aws_ssm_parameter.p["a: Creating..."]: Creation complete after 0s [id=/x/[y]]
aws_iam_role.failed: Creating...
aws_kms_key.old: Destroying... [id=key-1]
aws_kms_key.old: Destruction complete after 1s
"""


def made(address: str, id_: str, run: str = "r1") -> Creation:
    return Creation(address, id_, run, START)


def read(text: str, *, killed: bool) -> dict[str, str]:
    return {it.address: it.id for it in creations(text.splitlines(), killed=killed, run="r1", since=START)}


DONE = {"aws_vpc.this": "vpc-1", 'aws_ssm_parameter.p["a: Creating..."]': "/x/[y]"}
BEGUN = {'module.net["x.y"].aws_sns_topic.this[0]': "", "aws_iam_role.failed": ""}


def test_a_killed_terraform_leaves_what_it_had_created_and_what_it_was_creating() -> None:
    assert read(OUTPUT, killed=True) == DONE | BEGUN


def test_an_interrupted_terraform_may_have_created_what_was_in_flight() -> None:
    assert read(OUTPUT + "Interrupt received.\n", killed=False) == DONE | BEGUN


def test_a_creation_that_merely_failed_is_not_looked_for() -> None:
    assert read(OUTPUT, killed=False) == DONE


def test_what_a_provisioner_prints_is_no_creation() -> None:
    printed = """terraform_data.x: Creating...
terraform_data.x (local-exec): aws_vpc.this: Creating...
terraform_data.x (local-exec): aws_vpc.other: Creation complete after 2s [id=vpc-1]
"""
    assert read(printed, killed=True) == {"terraform_data.x": ""}


@pytest.mark.parametrize(
    ("address", "type_"),
    [
        ("aws_vpc.this", "aws_vpc"),
        ('aws_vpc.this["module.a.b"]', "aws_vpc"),
        ('module.a["x.y\\"]."].module.b[3].aws_sns_topic.this[0]', "aws_sns_topic"),
    ],
)
def test_the_type_stands_below_the_modules(address: str, type_: str) -> None:
    assert type_of(address) == type_


def test_what_the_state_knows_is_not_lost_whatever_its_address() -> None:
    known = read_document(state(1, "aws_vpc.this"))
    found = lost([made("aws_vpc.old", "id-this"), made("aws_vpc.gone", "vpc-9")], known)
    assert found == Lost(complete=(made("aws_vpc.gone", "vpc-9"),))


def test_a_resource_whose_address_has_a_successor_is_left_over_and_cannot_be_imported() -> None:
    known = read_document(state(1, "aws_vpc.this"))
    assert lost([made("aws_vpc.this", "vpc-old")], known) == Lost(left_over=(made("aws_vpc.this", "vpc-old"),))
    first, second = made("aws_vpc.new", "vpc-1"), made("aws_vpc.new", "vpc-2", "r2")
    assert lost([first, second], known) == Lost(complete=(second,), left_over=(first,))
    attached = made("aws_iam_role_policy_attachment.this", "role-2026")
    assert not lost([attached], read_document(state(1, "aws_iam_role_policy_attachment.this")))


def test_what_was_in_flight_is_named_until_it_is_known() -> None:
    flying = made("aws_vpc.this", "")
    assert lost([flying], None) == Lost(in_flight=(flying,))
    assert not lost([flying], read_document(state(1, "aws_vpc.this")))
    complete = made("aws_vpc.this", "vpc-2", "r2")
    assert lost([flying, complete], None) == Lost(complete=(complete,))


def test_import_blocks_are_hcl_that_can_be_pasted() -> None:
    found = Lost(
        complete=(
            made('aws_ssm_parameter.p["a"]', '/x/${y}"'),
            made("aws_iam_role_policy_attachment.this", "role-2026"),
            made("aws_iam_policy_attachment.all", "all"),
        ),
        in_flight=(made("aws_vpc.this", ""),),
    )
    assert import_blocks(found) == (
        "# aws_iam_policy_attachment.all (all) cannot be imported: delete it in AWS.\n"
        "\n"
        "import {\n"
        "  # fill in what stands in <>; the provider calls it role-2026\n"
        "  to = aws_iam_role_policy_attachment.this\n"
        '  id = "<role name>/<policy ARN>"\n'
        "}\n"
        "\n"
        "import {\n"
        '  to = aws_ssm_parameter.p["a"]\n'
        '  id = "/x/$${y}\\""\n'
        "}\n"
        "\n"
        "# aws_vpc.this was being created when terraform ended: it may exist, look for it in AWS.\n"
    )
    assert by_address(found)["aws_vpc.this"] == "may exist: look for it"


@pytest.mark.parametrize(
    ("type_", "id_", "wanted"),
    [
        ("aws_vpc", "vpc-1", "vpc-1"),
        ("aws_sns_topic", "arn:aws:sns:eu-central-1:2:t", "arn:aws:sns:eu-central-1:2:t"),
        ("aws_opensearch_domain", "arn:aws:es:eu-central-1:2:domain/flowable-dev", "flowable-dev"),
        ("aws_opensearch_domain_policy", "esd-policy-flowable-dev", "flowable-dev"),
        ("aws_vpc_dhcp_options_association", "dopt-0f-vpc-7a", "vpc-7a"),
        ("aws_db_instance", "db-ABC", "<identifier>"),
        ("aws_eks_pod_identity_association", "a-1", "<cluster name>,a-1"),
        ("helm_release", "flowable", "<namespace>/flowable"),
        ("aws_vpc", "vpc\x1b[2J", "vpc"),
    ],
)
def test_the_import_id_is_that_of_the_providers_documentation(type_: str, id_: str, wanted: str) -> None:
    assert import_id(type_, id_) == wanted


def test_each_type_has_one_way_to_be_imported() -> None:
    assert not set(DERIVED) & set(TO_FILL_IN)
    assert set(TO_FILL_IN) >= MADE_UP
    assert [it for it in TO_FILL_IN if not importable(it)] == [it for it, wanted in TO_FILL_IN.items() if not wanted]

"""The engine through boto3: error codes, masking, change sets, rollback, protection, exports, unknown things."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from flowops.rehearsal import cloudformation
from tests.integration.cloudformation_moto import IAM, REGION, Account, served

CANARY = "c4n4ry-value"
BUCKET = """
Description: one bucket
Parameters:
  Status: {Type: String, Default: Enabled, AllowedValues: [Enabled, Suspended]}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub "data-${AWS::AccountId}", VersioningConfiguration: {Status: !Ref Status}}
Outputs:
  Name: {Description: of the bucket, Value: !Ref Bucket, Export: {Name: !Sub "${AWS::StackName}-bucket"}}
"""
SUSPENDED = [{"ParameterKey": "Status", "ParameterValue": "Suspended"}]
ROLE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: x
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: []}
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with served() as endpoint:
        yield endpoint


@pytest.fixture
def account(endpoint: str) -> Account:
    return Account.new(endpoint)


def refusal(call: Any, **given: Any) -> tuple[str, str]:
    """Return code and message of a call that is refused."""
    with pytest.raises(ClientError) as refused:
        call(**given)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_missing_capabilities_have_their_own_code(account: Account) -> None:
    client = account.client("cloudformation")

    assert refusal(client.create_stack, StackName="s", TemplateBody=ROLE) == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_NAMED_IAM]",
    )


@pytest.mark.parametrize(
    ("body", "given", "message"),
    [
        (BUCKET, {"Status": "On"}, "Parameter 'Status' must be one of AllowedValues"),
        (BUCKET, {"Nope": "x"}, "Parameters: [Nope] do not exist in the template"),
        (BUCKET.replace("Default: Enabled, ", ""), {}, "Parameters: [Status] must have values"),
        (
            BUCKET.replace("AWS::S3::Bucket", "AWS::S9::Bucket"),
            {},
            "Template format error: Unrecognized resource types: [AWS::S9::Bucket]",
        ),
        ("Resources: [", {}, "Template format error: YAML not well-formed. (line 1, column 13)"),
        (
            BUCKET.replace("VersioningConfiguration:", "Versioning:"),
            {},
            "Properties validation failed for resource Bucket (AWS::S3::Bucket) with message: "
            "#: extraneous key [Versioning] is not permitted",
        ),
    ],
)
def test_a_bad_request_is_a_validation_error_in_the_words_of_aws(
    account: Account, body: str, given: dict[str, str], message: str
) -> None:
    client = account.client("cloudformation")
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]

    assert refusal(client.create_stack, StackName="s", TemplateBody=body, Parameters=parameters) == (
        "ValidationError",
        message,
    )
    assert client.describe_stacks()["Stacks"] == []


def test_a_stack_says_all_about_itself(account: Account) -> None:
    account.create("s", BUCKET, Tags=[{"Key": "a", "Value": "b"}])
    stack = account.stack("s")

    assert stack["Description"] == "one bucket"
    assert stack["Parameters"] == [{"ParameterKey": "Status", "ParameterValue": "Enabled"}]
    assert stack["Tags"] == [{"Key": "a", "Value": "b"}]
    assert stack["Outputs"] == [
        {
            "OutputKey": "Name",
            "OutputValue": f"data-{account.id}",
            "Description": "of the bucket",
            "ExportName": "s-bucket",
        }
    ]
    assert stack["EnableTerminationProtection"] is False
    assert stack["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}
    client = account.client("cloudformation")
    (row,) = client.list_stack_resources(StackName="s")["StackResourceSummaries"]
    assert (row["PhysicalResourceId"], row["ResourceStatus"]) == (f"data-{account.id}", "CREATE_COMPLETE")
    assert client.get_template(StackName="s")["TemplateBody"] == BUCKET
    summary = client.get_template_summary(StackName="s")
    assert summary["Parameters"][0]["ParameterConstraints"] == {"AllowedValues": ["Enabled", "Suspended"]}
    (listed,) = client.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    assert listed["TemplateDescription"] == "one bucket"


def test_a_template_can_be_validated_and_fetched_from_a_bucket(account: Account) -> None:
    client = account.client("cloudformation")
    account.client("s3").create_bucket(
        Bucket=f"templates-{account.id}", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    account.client("s3").put_object(Bucket=f"templates-{account.id}", Key="t.yaml", Body=BUCKET.encode())
    url = f"https://s3.amazonaws.com/templates-{account.id}/t.yaml"

    assert client.validate_template(TemplateBody=ROLE)["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
    assert client.validate_template(TemplateURL=url)["Description"] == "one bucket"
    code, _ = refusal(client.validate_template, TemplateBody="Resources: {}")
    assert code == "ValidationError"


def test_a_no_echo_value_is_in_no_answer(account: Account) -> None:
    client = account.client("cloudformation")
    body = """
    Parameters: {Password: {Type: String, NoEcho: true}}
    Resources:
      Secret: {Type: "AWS::SecretsManager::Secret", Properties: {Name: s, SecretString: !Ref Password}}
      Value: {Type: "AWS::SSM::Parameter", Properties: {Name: /p, Type: String, Value: !Sub "x-${Password}"}}
    """
    given = {"StackName": "s", "Parameters": [{"ParameterKey": "Password", "ParameterValue": CANARY}]}
    client.create_change_set(
        **given,
        ChangeSetName="c",
        ChangeSetType="CREATE",
        TemplateBody=body,
        Capabilities=IAM,
        OnStackFailure="DO_NOTHING",
    )
    cloudformation.settle(10)
    proposed = client.describe_change_set(StackName="s", ChangeSetName="c")
    client.execute_change_set(StackName="s", ChangeSetName="c")

    account.settled("s")
    assert account.client("secretsmanager").get_secret_value(SecretId="s")["SecretString"] == CANARY
    reads = (
        client.describe_stacks,
        client.describe_stack_events,
        client.describe_stack_resources,
        client.get_template,
        client.get_template_summary,
        client.describe_stack_resource_drifts,
    )
    shown = json.dumps([proposed, *(read(StackName="s") for read in reads)], default=str)
    assert CANARY not in shown
    assert "****" in shown


def test_a_change_set_shows_replacement_and_is_empty_without_changes(account: Account) -> None:
    client = account.client("cloudformation")
    account.create("s", BUCKET)

    def propose(name: str, body: str) -> Any:
        client.create_change_set(StackName="s", ChangeSetName=name, TemplateBody=body)
        cloudformation.settle(10)
        return client.describe_change_set(StackName="s", ChangeSetName=name)

    same = propose("same", BUCKET)
    assert (same["Status"], same["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in same["StatusReason"]
    assert refusal(client.execute_change_set, StackName="s", ChangeSetName="same")[0] == "InvalidChangeSetStatus"
    renamed = propose("renamed", BUCKET.replace("data-$", "date-$"))
    (change,) = [row["ResourceChange"] for row in renamed["Changes"]]
    assert (change["Action"], change["Replacement"]) == ("Modify", "True")
    code, message = refusal(client.update_stack, StackName="s", TemplateBody=BUCKET)
    assert (code, message) == ("ValidationError", "No updates are to be performed.")


def test_the_same_token_executes_a_change_set_once(account: Account) -> None:
    client = account.client("cloudformation")
    client.create_change_set(StackName="s", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=BUCKET)
    cloudformation.settle(10)

    for _ in range(2):
        client.execute_change_set(StackName="s", ChangeSetName="c", ClientRequestToken="hash")

    assert account.settled("s") == "CREATE_COMPLETE"
    started = [event for event in account.events("s") if event["ResourceType"] == "AWS::CloudFormation::Stack"]
    assert [event["ResourceStatus"] for event in started] == [
        "REVIEW_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
    ]
    assert started[-1]["ClientRequestToken"] == "hash"


def test_a_failed_creation_is_rolled_back_and_says_why(account: Account) -> None:
    body = BUCKET.replace(
        "Outputs:", '  Taken: {Type: "AWS::IAM::Group", DependsOn: Bucket, Properties: {GroupName: taken}}\nOutputs:'
    )
    account.client("iam").create_group(GroupName="taken")

    assert account.create("s", body) == "ROLLBACK_COMPLETE"

    assert "already exists" in account.failures("s")["Taken"]
    assert account.client("s3").list_buckets()["Buckets"] == []
    client = account.client("cloudformation")
    code, message = refusal(client.update_stack, StackName="s", TemplateBody=BUCKET)
    assert code == "ValidationError"
    assert message.endswith("is in ROLLBACK_COMPLETE state and can not be updated.")


def test_a_failed_update_comes_back_or_waits_to_be_continued(account: Account) -> None:
    client = account.client("cloudformation")
    account.create("s", BUCKET)
    account.client("iam").create_group(GroupName="taken")
    body = BUCKET.replace(
        "Outputs:", '  Taken: {Type: "AWS::IAM::Group", DependsOn: Bucket, Properties: {GroupName: taken}}\nOutputs:'
    )

    assert account.update("s", body, Parameters=SUSPENDED) == "UPDATE_ROLLBACK_COMPLETE"
    versioning = account.client("s3").get_bucket_versioning(Bucket=f"data-{account.id}")
    assert versioning["Status"] == "Enabled"

    account.client("s3").delete_bucket(Bucket=f"data-{account.id}")
    assert account.update("s", body, Parameters=SUSPENDED) == "UPDATE_ROLLBACK_FAILED"
    client.continue_update_rollback(StackName="s", ResourcesToSkip=["Bucket"])
    assert account.settled("s") == "UPDATE_ROLLBACK_COMPLETE"
    code, _ = refusal(client.continue_update_rollback, StackName="s")
    assert code == "ValidationError"
    assert refusal(client.cancel_update_stack, StackName="s") == (
        "ValidationError",
        "CancelUpdateStack cannot be called from current stack status",
    )


def test_a_failed_deletion_can_retain_what_resists(account: Account) -> None:
    client = account.client("cloudformation")
    account.create("s", BUCKET)
    account.client("s3").put_object(Bucket=f"data-{account.id}", Key="k", Body=b"v")
    arn = account.stack("s")["StackId"]

    assert account.delete("s") == "DELETE_FAILED"
    client.delete_stack(StackName="s", RetainResources=["Bucket"])

    assert account.settled(arn) == "DELETE_COMPLETE"
    assert len(account.client("s3").list_buckets()["Buckets"]) == 1


def test_protection_and_policy_are_enforced(account: Account) -> None:
    client = account.client("cloudformation")
    account.create("s", BUCKET, EnableTerminationProtection=True)
    statements = [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Principal": "*", "Resource": "*"},
    ]
    client.set_stack_policy(StackName="s", StackPolicyBody=json.dumps({"Statement": statements}))

    code, message = refusal(client.delete_stack, StackName="s")
    assert (code, message) == ("ValidationError", "Stack [s] cannot be deleted while TerminationProtection is enabled")
    assert account.update("s", BUCKET.replace("data-$", "date-$")) == "UPDATE_ROLLBACK_COMPLETE"
    assert account.failures("s")["Bucket"].startswith("Action denied by stack policy: Statement [#2] does not allow")
    assert account.update("s", BUCKET, Parameters=SUSPENDED) == "UPDATE_COMPLETE"
    assert json.loads(client.get_stack_policy(StackName="s")["StackPolicyBody"]) == {"Statement": statements}
    client.update_termination_protection(StackName="s", EnableTerminationProtection=False)
    assert account.delete("s") == "DELETE_COMPLETE"


def test_exports_reach_other_stacks_of_the_account_and_are_kept_while_used(account: Account, endpoint: str) -> None:
    client = account.client("cloudformation")
    user = """
    Resources:
      P: {Type: "AWS::SSM::Parameter", Properties: {Name: /n, Type: String, Value: !ImportValue s-bucket}}
    """
    account.create("s", BUCKET)
    account.create("user", user)

    assert account.client("ssm").get_parameter(Name="/n")["Parameter"]["Value"] == f"data-{account.id}"
    assert client.list_imports(ExportName="s-bucket")["Imports"] == ["user"]
    assert [export["Name"] for export in client.list_exports()["Exports"]] == ["s-bucket"]
    assert Account.new(endpoint).client("cloudformation").list_exports()["Exports"] == []
    assert account.delete("s") == "CREATE_COMPLETE"
    assert account.stack("s")["StackStatusReason"] == "Export s-bucket cannot be deleted as it is in use by user"


def test_what_is_not_there_has_the_answers_of_aws(account: Account) -> None:
    client = account.client("cloudformation")

    assert refusal(client.describe_stacks, StackName="no") == ("ValidationError", "Stack with id no does not exist")
    assert refusal(client.describe_stack_events, StackName="no") == ("ValidationError", "Stack [no] does not exist")
    assert refusal(client.describe_change_set, StackName="no", ChangeSetName="c")[0] == "ChangeSetNotFound"
    assert client.delete_stack(StackName="no")["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_an_assumed_role_makes_stacks_in_its_own_account(account: Account) -> None:
    management = account.client("organizations")
    management.create_organization(FeatureSet="ALL")
    status = management.create_account(AccountName="dev", Email="dev@example.com")["CreateAccountStatus"]
    member = Account(account.endpoint, status["AccountId"])
    role = f"arn:aws:iam::{member.id}:role/OrganizationAccountAccessRole"
    keys = account.client("sts").assume_role(RoleArn=role, RoleSessionName="flowops")["Credentials"]
    assumed = boto3.client(
        "cloudformation",
        endpoint_url=account.endpoint,
        region_name=REGION,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )

    assumed.create_stack(StackName="s", TemplateBody=BUCKET)

    assert member.settled("s") == "CREATE_COMPLETE"
    assert [bucket["Name"] for bucket in member.client("s3").list_buckets()["Buckets"]] == [f"data-{member.id}"]
    assert account.client("cloudformation").describe_stacks()["Stacks"] == []


def test_pollers_see_a_stack_grow(account: Account) -> None:
    """No pause: each look is answered while the worker makes the next of forty parameters."""
    client = account.client("cloudformation")
    resources = {
        f"P{number}": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": f"/p/{number}", "Type": "String", "Value": "v"},
        }
        for number in range(40)
    }
    client.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": resources}))
    seen: list[tuple[str, int]] = []
    while not seen or seen[-1][0] == "CREATE_IN_PROGRESS":
        status = account.stack("s")["StackStatus"]
        events = account.events("s")
        seen.append((status, len(events)))
        times = [event["Timestamp"] for event in events]
        assert times == sorted(times)

    counts = [count for _, count in seen]
    assert seen[0][0] == "CREATE_IN_PROGRESS"
    assert seen[-1] == ("CREATE_COMPLETE", 2 + 3 * 40)
    assert counts == sorted(counts)
    assert len(set(counts)) > 2


def test_the_state_survives_being_pickled(account: Account) -> None:
    account.create("s", BUCKET)
    before, events = account.stack("s"), account.events("s")
    saved = pickle.dumps(cloudformation.state())
    account.delete("s")

    cloudformation.restore(pickle.loads(saved))

    assert account.stack("s") == before
    assert account.events("s") == events


def test_only_a_state_of_the_engine_is_restored(account: Account) -> None:
    with pytest.raises(TypeError, match="no state of the CloudFormation engine: dict"):
        cloudformation.restore({})

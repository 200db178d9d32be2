"""Users, groups, MFA devices and boundaries of an emulated account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flowops.model import totp
from tests.integration.emulated_identity import DEV, SECURITY, Cloud, allow, emulated, text


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with emulated(tmp_path_factory.mktemp("aws")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def iam(cloud: Cloud) -> Any:
    return cloud.client("iam", cloud.administrator(SECURITY))


def refused(code: str, call: Any, **wish: Any) -> str:
    """Return the message of the error with which a call must end."""
    with pytest.raises(ClientError) as error:
        call(**wish)
    assert error.value.response["Error"]["Code"] == code
    return str(error.value.response["Error"]["Message"])


class TestDevices:
    def test_a_device_is_enabled_by_two_codes_in_a_row(self, cloud: Cloud, iam: Any) -> None:
        iam.create_user(UserName="ann")
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="ann", Path="/flowable/")["VirtualMFADevice"]
        serial, seed = device["SerialNumber"], device["Base32StringSeed"].decode()
        assert serial == f"arn:aws:iam::{SECURITY}:mfa/flowable/ann"
        first, second = totp.two_codes_at(seed, cloud.now())
        wish = {"UserName": "ann", "SerialNumber": serial}
        enable = iam.enable_mfa_device
        for wrong in ((second, first), (first, first), ("000000", "000000")):
            codes = {"AuthenticationCode1": wrong[0], "AuthenticationCode2": wrong[1]}
            refused("InvalidAuthenticationCode", enable, **wish, **codes)
        enable(**wish, AuthenticationCode1=first, AuthenticationCode2=second)
        assert [known["SerialNumber"] for known in iam.list_mfa_devices(UserName="ann")["MFADevices"]] == [serial]
        refused("DeleteConflict", iam.delete_virtual_mfa_device, SerialNumber=serial)
        iam.deactivate_mfa_device(**wish)
        iam.delete_virtual_mfa_device(SerialNumber=serial)

    def test_a_device_has_tags(self, iam: Any) -> None:
        tags = [{"Key": "team", "Value": "platform"}]
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="tagged", Tags=tags)["VirtualMFADevice"]
        serial = device["SerialNumber"]
        assert iam.list_mfa_device_tags(SerialNumber=serial)["Tags"] == tags
        iam.untag_mfa_device(SerialNumber=serial, TagKeys=["team"])
        assert iam.list_mfa_device_tags(SerialNumber=serial)["Tags"] == []

    def test_a_device_that_is_not_there_cannot_be_enabled(self, iam: Any) -> None:
        iam.create_user(UserName="bob")
        wish = {"SerialNumber": f"arn:aws:iam::{SECURITY}:mfa/bob", "AuthenticationCode1": "1" * 6}
        refused("NoSuchEntity", iam.enable_mfa_device, UserName="bob", AuthenticationCode2="2" * 6, **wish)


class TestRemoval:
    def test_a_user_is_deleted_only_when_nothing_hangs_on_it(self, iam: Any) -> None:
        iam.create_user(UserName="carl")
        iam.create_group(GroupName="carls")
        iam.add_user_to_group(GroupName="carls", UserName="carl")
        key = iam.create_access_key(UserName="carl")["AccessKey"]["AccessKeyId"]
        assert "access keys" in refused("DeleteConflict", iam.delete_user, UserName="carl")
        iam.delete_access_key(UserName="carl", AccessKeyId=key)
        assert "groups" in refused("DeleteConflict", iam.delete_user, UserName="carl")
        refused("DeleteConflict", iam.delete_group, GroupName="carls")
        iam.remove_user_from_group(GroupName="carls", UserName="carl")
        iam.delete_user(UserName="carl")
        iam.delete_group(GroupName="carls")

    def test_a_policy_is_deleted_only_when_nobody_has_it(self, iam: Any) -> None:
        policy = iam.create_policy(PolicyName="held", PolicyDocument=text(allow("s3:*")))["Policy"]["Arn"]
        iam.create_group(GroupName="holders")
        iam.attach_group_policy(GroupName="holders", PolicyArn=policy)
        refused("DeleteConflict", iam.delete_policy, PolicyArn=policy)
        refused("DeleteConflict", iam.delete_group, GroupName="holders")
        iam.detach_group_policy(GroupName="holders", PolicyArn=policy)
        iam.delete_policy(PolicyArn=policy)
        iam.delete_group(GroupName="holders")


class TestUsers:
    def test_a_user_keeps_tags_groups_and_keys_on_another_path(self, cloud: Cloud, iam: Any) -> None:
        iam.create_user(UserName="dora", Tags=[{"Key": "team", "Value": "platform"}])
        iam.update_user(UserName="dora", NewPath="/flowable/")
        user = iam.get_user(UserName="dora")["User"]
        assert user["Arn"] == f"arn:aws:iam::{SECURITY}:user/flowable/dora"
        assert iam.list_user_tags(UserName="dora")["Tags"] == [{"Key": "team", "Value": "platform"}]

    def test_a_user_can_be_capped_and_set_free(self, iam: Any) -> None:
        cap = iam.create_policy(PolicyName="user-cap", PolicyDocument=text(allow("s3:*")))["Policy"]["Arn"]
        created = iam.create_user(UserName="emil", PermissionsBoundary=cap)["User"]
        assert created["PermissionsBoundary"]["PermissionsBoundaryArn"] == cap
        iam.delete_user_permissions_boundary(UserName="emil")
        assert "PermissionsBoundary" not in iam.get_user(UserName="emil")["User"]
        iam.put_user_permissions_boundary(UserName="emil", PermissionsBoundary=cap)
        assert iam.get_user(UserName="emil")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == cap


class TestRoles:
    TRUST = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }

    def test_a_boundary_must_exist(self, iam: Any) -> None:
        ghost = f"arn:aws:iam::{SECURITY}:policy/flowable/Ghost"
        wish = {"AssumeRolePolicyDocument": text(self.TRUST), "PermissionsBoundary": ghost}
        message = refused("NoSuchEntity", iam.create_role, RoleName="haunted", **wish)
        assert message == f"Scope ARN: {ghost} does not exist or is not attachable."
        refused("NoSuchEntity", iam.get_role, RoleName="haunted")

    def test_a_boundary_is_changed_and_removed(self, iam: Any) -> None:
        caps = [
            iam.create_policy(PolicyName=name, Path="/flowable/", PolicyDocument=text(allow("s3:*")))["Policy"]["Arn"]
            for name in ("one", "two")
        ]
        trust = text(self.TRUST)
        iam.create_role(RoleName="capped", AssumeRolePolicyDocument=trust, PermissionsBoundary=caps[0])
        iam.put_role_permissions_boundary(RoleName="capped", PermissionsBoundary=caps[1])
        assert iam.get_role(RoleName="capped")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == caps[1]
        iam.delete_role_permissions_boundary(RoleName="capped")
        assert "PermissionsBoundary" not in iam.get_role(RoleName="capped")["Role"]

    def test_a_new_session_duration_leaves_the_description_alone(self, iam: Any) -> None:
        trust = text(self.TRUST)
        iam.create_role(RoleName="described", AssumeRolePolicyDocument=trust, Description="What it is for")
        iam.update_role(RoleName="described", MaxSessionDuration=7200)
        role = iam.get_role(RoleName="described")["Role"]
        assert (role["Description"], role["MaxSessionDuration"]) == ("What it is for", 7200)


def test_policies_of_aws_are_there_in_every_account(cloud: Cloud, iam: Any) -> None:
    for client in (iam, cloud.engine("iam", DEV)):
        client.create_role(RoleName="cluster", AssumeRolePolicyDocument=text(TestRoles.TRUST))
        client.attach_role_policy(RoleName="cluster", PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")
    arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1

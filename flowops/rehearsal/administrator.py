"""The organization's administrator: the one IAM user that an emulated management account begins with."""

from __future__ import annotations

from botocore.exceptions import ClientError

from flowops.model.users import NewKey
from flowops.rehearsal.cloudformation.clients import Loopback
from flowops.rehearsal.cloudformation.stack import Scope

USER = "admin"
POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"


def new_administrator(endpoint: str, account: str, region: str) -> NewKey:
    """Create the administrator of an emulated management account and return a new access key; an old one is dropped."""
    iam = Loopback(endpoint)(Scope(account, region))("iam")
    try:
        iam.create_user(UserName=USER)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
    iam.attach_user_policy(UserName=USER, PolicyArn=POLICY)
    for old in iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=USER, AccessKeyId=old["AccessKeyId"])
    made = iam.create_access_key(UserName=USER)["AccessKey"]
    return NewKey(made["AccessKeyId"], made["SecretAccessKey"])

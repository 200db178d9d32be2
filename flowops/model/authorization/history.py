"""What earlier calls tell about a later one: the path of a role, the key of a bucket, who owns it.

An API names a role without its path, and a bucket without its account or its encryption; a policy speaks of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from flowops.model.authorization.call import Call

_NAMES = {"RoleName": "role", "UserName": "user", "GroupName": "group", "InstanceProfileName": "instance-profile"}


class History:
    """Remembers what successful calls made; ask it before it learns from the call in question.

    `bucket_keys` maps buckets to the ARN of the KMS key they encrypt with by default, and `owners` buckets to their
    account, as far as that is known from elsewhere: a record does not hold the bodies that S3 stores.
    """

    def __init__(
        self, *, bucket_keys: Mapping[str, str] | None = None, owners: Mapping[str, str] | None = None
    ) -> None:
        self._paths: dict[tuple[str, str, str], str] = {}
        self._boundaries: dict[str, str] = {}
        self._profile_roles: dict[str, str] = {}
        self._owners: dict[str, str] = dict(owners or {})
        self._bucket_keys: dict[str, str] = dict(bucket_keys or {})
        self._secret_keys: dict[str, str] = {}
        self._aliases: dict[str, str] = {}

    def entity(self, call: Call, kind: str, name: str, *, path: str = "") -> str:
        """Return the ARN of a role, user, group or instance profile; one that nobody created has the path `/`."""
        known = path or self._paths.get((call.account, kind, name), "/")
        return f"arn:aws:iam::{call.account}:{kind}{known}{name}"

    def boundary(self, role: str) -> str:
        """Return the ARN of the policy that bounds a role or user, or nothing."""
        return self._boundaries.get(role, "")

    def role_in(self, profile: str) -> str:
        """Return the ARN of the role in an instance profile, or nothing."""
        return self._profile_roles.get(profile, "")

    def owner(self, bucket: str) -> str:
        """Return the account of a bucket, or nothing."""
        return self._owners.get(bucket, "")

    def bucket_key(self, bucket: str) -> str:
        """Return the KMS key that a bucket encrypts with by default, or nothing."""
        return self._bucket_keys.get(bucket, "")

    def secret_key(self, secret: str) -> str:
        """Return the KMS key of a secret that is given as ARN or name, or nothing."""
        return self._secret_keys.get(_secret_name(secret), "")

    def key_arn(self, call: Call, key: str, *, account: str = "") -> str:
        """Return the ARN of a KMS key that is given as ARN, id or alias."""
        arn = key if key.startswith("arn:") else call.arn("kms", key if "/" in key else f"key/{key}", account=account)
        return self._aliases.get(arn, arn)

    def learn(self, call: Call) -> None:
        """Remember what a call changed; a failed one changed nothing."""
        if call.status >= 400:
            return
        match call.service:
            case "iam":
                self._learn_identity(call)
            case "s3":
                self._learn_bucket(call)
            case "secretsmanager" if call.has("KmsKeyId"):
                self._secret_keys[_secret_name(call.text("SecretId", "Name"))] = call.text("KmsKeyId")
            case "kms" if call.operation in ("CreateAlias", "UpdateAlias"):
                alias = call.arn("kms", call.text("AliasName"))
                self._aliases[alias] = self.key_arn(call, call.text("TargetKeyId"))

    def _learn_identity(self, call: Call) -> None:
        match call.operation:
            case "CreateRole" | "CreateUser" | "CreateGroup" | "CreateInstanceProfile":
                self._learn_entity(call)
            case "UpdateUser":
                self._learn_move(call)
            case "PutRolePermissionsBoundary" | "PutUserPermissionsBoundary":
                self._boundaries[self._named(call)] = call.text("PermissionsBoundary")
            case "DeleteRolePermissionsBoundary" | "DeleteUserPermissionsBoundary" | "DeleteRole" | "DeleteUser":
                self._boundaries.pop(self._named(call), None)
            case "AddRoleToInstanceProfile":
                profile = self.entity(call, "instance-profile", call.text("InstanceProfileName"))
                self._profile_roles[profile] = self.entity(call, "role", call.text("RoleName"))

    def _learn_entity(self, call: Call) -> None:
        parameter, kind = next((item for item in _NAMES.items() if call.has(item[0])), ("", ""))
        if not parameter:
            return
        name = call.text(parameter)
        self._paths[(call.account, kind, name)] = call.text("Path") or "/"
        if call.has("PermissionsBoundary"):
            self._boundaries[self.entity(call, kind, name)] = call.text("PermissionsBoundary")
        else:
            self._boundaries.pop(self.entity(call, kind, name), None)

    def _learn_move(self, call: Call) -> None:
        name = call.text("UserName")
        path = call.text("NewPath") or self._paths.get((call.account, "user", name), "/")
        self._paths[(call.account, "user", call.text("NewUserName") or name)] = path

    def _named(self, call: Call) -> str:
        kind = "role" if call.has("RoleName") else "user"
        return self.entity(call, kind, call.text("RoleName", "UserName"))

    def _learn_bucket(self, call: Call) -> None:
        bucket = call.text("Bucket")
        if call.operation == "CreateBucket":
            self._owners[bucket] = call.account
        rule = "ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault"
        if key := call.text(f"{rule}.KMSMasterKeyID"):
            self._bucket_keys[bucket] = key
        if call.operation in ("DeleteBucketEncryption", "DeleteBucket"):
            self._bucket_keys.pop(bucket, None)


def _secret_name(secret: str) -> str:
    """Return a secret's name without what an ARN has around it: account and six random characters."""
    return secret.split(":", 6)[-1].rpartition("-")[0] if secret.startswith("arn:") else secret
